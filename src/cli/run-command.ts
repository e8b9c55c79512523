import { type ArgsDef, parseArgs, renderUsage } from "citty";
import { AiDockError, ExitCode, messageOf } from "../errors.ts";
import type { Command } from "./index.ts";
import { printColoured } from "./print.ts";

/** Parses a command's words strictly and runs it; `--help` prints its usage. */
export async function runCommand(
  command: Command,
  words: string[],
  rest: string[] | undefined,
): Promise<number> {
  if (words.includes("--help") || words.includes("-h")) {
    printColoured(await renderUsage(command.definition));
    return ExitCode.ok;
  }
  const definitions = (command.definition.args ?? {}) as ArgsDef;
  refuseUnknownFlags(commandName(command), words, definitions);
  let args: unknown;
  try {
    args = parseArgs(words, definitions);
  } catch (error) {
    throw usageError(commandName(command), messageOf(error));
  }
  return command.run(args, rest);
}

function commandName(command: Command): string {
  return (command.definition.meta as { name: string }).name;
}

/** A wrong use of a command, with where to read on; exit code 2. */
export function usageError(name: string, message: string): AiDockError {
  const hint = `Usage: ${name} --help`;
  return new AiDockError(message, { code: "E_USAGE", exitCode: ExitCode.usage, hint });
}

/** citty takes any flag; a mistyped one must not pass silently. */
function refuseUnknownFlags(name: string, words: string[], definitions: ArgsDef): void {
  const known = new Set<string>();
  for (const [long, definition] of Object.entries(definitions)) {
    if (definition.type === "positional") continue;
    const alias = "alias" in definition ? definition.alias : undefined;
    for (const flag of [long, ...(alias === undefined ? [] : [alias].flat())]) known.add(flag);
  }
  for (const word of words) {
    if (!/^--?[A-Za-z]/.test(word)) continue;
    const flag = word.startsWith("--") ? word.slice(2).replace(/=.*/s, "") : word.slice(1, 2);
    const plain = flag.startsWith("no-") ? flag.slice(3) : flag;
    if (!known.has(flag) && !known.has(plain)) throw usageError(name, `Unknown option "${word}" of ${name}`);
  }
}
