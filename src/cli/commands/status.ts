import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import type { StatusReply } from "../../control/replies.ts";
import { ExitCode } from "../../errors.ts";
import { requirePrograms } from "../../programs/names.ts";
import type { ProgramStatus } from "../../supervisor/status.ts";
import type { Command } from "../command.ts";
import { readState } from "../../provision/progress/file.ts";
import { provisioningNote } from "../provision/note.ts";
import { print, printJson, style } from "../print.ts";
import { statusTable, watchChanges, watchLines } from "../status-table.ts";

interface StatusArgs {
  _: string[];
  json?: boolean;
  watch?: boolean;
}

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock status",
      description: "State of the programs; exit code 3 when one that was asked for is not running",
    },
    args: {
      name: { type: "positional", required: false, description: "NAME…, GROUP:* or all" },
      json: { type: "boolean", description: "Print JSON" },
      watch: {
        type: "boolean",
        alias: "w",
        description: "Go on showing it; without a terminal, every change",
      },
    },
  }),
  async run({ _: names, json, watch }: StatusArgs) {
    const choose = ({ programs }: StatusReply) =>
      names.length === 0 ? programs : names.flatMap((name) => requirePrograms(programs, name));
    const lines = (status: StatusReply) => {
      const note = provisioningNote(readState());
      return [...statusTable(status, choose(status)), ...(note === undefined ? [] : [style("yellow", note)])];
    };
    if (watch) {
      if (json) await watchChanges((status) => print(JSON.stringify(choose(status))));
      else if (process.stdout.isTTY) await watchLines(lines);
      else await watchChanges((status) => print(lines(status).join("\n")));
    }
    const status = await control.status();
    const chosen = choose(status);
    if (json) printJson(chosen);
    else for (const line of lines(status)) print(line);
    return names.length === 0 || chosen.every(isRunning) ? ExitCode.ok : ExitCode.notRunning;
  },
};

export default command;

function isRunning({ state }: ProgramStatus): boolean {
  return state === "RUNNING" || state === "STARTING";
}
