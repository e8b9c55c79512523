import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import { reportHealth } from "../../supervisor/health-report.ts";
import type { Command } from "../command.ts";
import { print, printJson } from "../print.ts";

interface Arguments {
  json?: boolean;
  live?: boolean;
  started?: boolean;
}

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock health",
      description: "Exit 0 when booted and every program is up and ready, 1 when not, 3 while booting",
    },
    args: {
      json: { type: "boolean", description: "Print JSON" },
      live: {
        type: "boolean",
        description:
          "Exit 0 as long as the supervisor answers, however its programs are: for a liveness probe",
      },
      started: {
        type: "boolean",
        description:
          "The same as --live from the first time on that all was healthy: for the HEALTHCHECK of an image",
      },
    },
  }),
  async run({ json, live, started }: Arguments) {
    const health = await control.health();
    const { text, code } = reportHealth(health, { live, started });
    if (json) printJson(health);
    else print(text);
    return code;
  },
};

export default command;
