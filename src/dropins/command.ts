import type { ProgramSpec } from "../programs/spec.ts";
import { shellWords, UnfinishedWords } from "./python/shlex.ts";

/** The words of a command line; one that cannot be split fails when it is started, in supervisord's words. */
export function commandWords(line: string): Pick<ProgramSpec, "command" | "commandError"> {
  try {
    const command = shellWords(line);
    return command.length === 0 ? { command, commandError: "command is empty" } : { command };
  } catch (error) {
    if (!(error instanceof UnfinishedWords)) throw error;
    return { command: [], commandError: `can't parse command ${quoted(line)}: ${error.message}` };
  }
}

/** As Python shows a string: in the quotes that it does not hold. */
function quoted(line: string): string {
  return line.includes("'") && !line.includes('"') ? `"${line}"` : `'${line}'`;
}
