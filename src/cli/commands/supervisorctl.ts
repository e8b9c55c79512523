import { defineCommand } from "citty";
import { ExitCode } from "../../errors.ts";
import type { Command } from "../command.ts";
import { print } from "../print.ts";
import { readOptions, usage } from "../supervisorctl/options.ts";
import { runWords, splitWords } from "../supervisorctl/commands.ts";
import { Session } from "../supervisorctl/session.ts";

const command: Command = {
  definition: defineCommand({
    meta: { name: "supervisorctl", description: "Control programs as with supervisord", hidden: true },
  }),
  run: () => ExitCode.usage,
  async raw(args, rest) {
    const options = readOptions(rest === undefined ? args : [...args, "--", ...rest]);
    if (options.help) {
      print(usage);
      return ExitCode.ok;
    }
    const session = new Session();
    if (options.words.length > 0) await runWords(session, options.words.flatMap(splitWords));
    if (!options.interactive) return session.exitCode;
    const { runPrompt } = await import("../supervisorctl/prompt.ts");
    return runPrompt(options.historyFile);
  },
};

export default command;
