import { defineCommand } from "citty";
import { ExitCode } from "../../errors.ts";
import { completionScript } from "../../features/shell/completion.ts";
import { type Command, type Commands, usageError } from "../command.ts";
import { print } from "../print.ts";

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock completion",
      description: "Print the script that completes words in bash: source <(ai-dock completion bash)",
    },
    args: { shell: { type: "positional", required: false, description: "bash" } },
  }),
  async run({ _: [shell, line] }: { _: string[] }, commands) {
    if (shell === "bash") print(completionScript.trimEnd());
    // The script calls this at every TAB, with the line up to the cursor.
    else if (shell === "words" && line !== undefined) await printWords(line, commands);
    else
      throw usageError(
        "ai-dock completion",
        `Expected bash, got ${shell === undefined ? "nothing" : `"${shell}"`}`,
      );
    return ExitCode.ok;
  },
};

export default command;

async function printWords(line: string, commands: Commands): Promise<void> {
  const { completeLine } = await import("../complete.ts");
  const words = await completeLine(line, commands);
  if (words.length > 0) print(words.join("\n"));
}
