import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import { ExitCode } from "../../errors.ts";
import type { Command } from "../index.ts";
import { print, printJson } from "../print.ts";

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
    },
  }),
  async run({ json, live }: { json?: boolean; live?: boolean }) {
    const health = await control.health();
    if (json) printJson(health);
    else if (health.healthy) print("healthy");
    else print([`unhealthy: ${health.phase}`, ...health.problems].join("\n"));
    if (live || health.healthy) return ExitCode.ok;
    return health.phase === "running" ? ExitCode.failure : ExitCode.notRunning;
  },
};

export default command;
