import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import type { UpdateReply } from "../../control/replies.ts";
import { ExitCode } from "../../errors.ts";
import { programId } from "../../programs/names.ts";
import type { Command } from "../command.ts";
import { print, printJson, printProblems } from "../print.ts";

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock update",
      description:
        "Read the drop-ins again: start new programs, stop removed ones, restart changed ones; exit code 78 for a mistake",
    },
    args: { json: { type: "boolean", description: "Print JSON" } },
  }),
  async run({ json }: { json?: boolean }) {
    const update = await control.update();
    if (json) printJson(update);
    else printUpdate(update);
    return update.problems.some(({ severity }) => severity === "error")
      ? ExitCode.configuration
      : ExitCode.ok;
  },
};

export default command;

function printUpdate({ changes, problems }: UpdateReply): void {
  printProblems(problems);
  for (const { change, ...program } of changes) print(`${programId(program)}: ${change}`);
  if (changes.length === 0) print("No changes");
}
