import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { type ArgsDef, renderUsage } from "citty";
import { ExitCode, messageOf } from "../errors.ts";
import { type Command, type Commands, nameOf, usageError } from "./command.ts";
import { printColoured } from "./print.ts";

/**
 * Parses a command's words strictly and runs the command; `--help` prints its usage. Words after `--` are plain
 * words, with dashes or without. Throws AiDockError for a wrong use.
 */
export async function runCommand(
  command: Command,
  words: string[],
  rest: string[] | undefined,
  commands: Commands,
): Promise<number> {
  if (words.includes("--help") || words.includes("-h")) {
    printColoured(await renderUsage(command.definition));
    return ExitCode.ok;
  }
  return command.run(parse(command, words, rest ?? []), commands);
}

/** citty's own parser takes any flag, so that a mistyped one would pass silently. */
function parse(command: Command, words: string[], rest: string[]): object {
  const options: ParseArgsOptionsConfig = {};
  const definitions = (command.definition.args ?? {}) as ArgsDef;
  for (const [name, definition] of Object.entries(definitions)) {
    if (definition.type === "positional") continue;
    const { alias } = definition as { alias?: string };
    const short = alias === undefined ? {} : { short: alias };
    const fallback = definition.default === undefined ? {} : { default: definition.default as boolean };
    options[name] = { type: definition.type === "boolean" ? "boolean" : "string", ...short, ...fallback };
  }
  try {
    const { values, positionals } = parseArgs({
      args: words,
      options,
      allowPositionals: true,
      allowNegative: true,
    });
    const all = [...positionals, ...rest];
    // Scripts of images go on calling the commands that are named as there with whatever words they did.
    const isOurs = nameOf(command).startsWith("ai-dock ");
    const takesWords = Object.values(definitions).some(({ type }) => type === "positional");
    if (isOurs && !takesWords && all.length > 0) throw new Error(`Unexpected word '${all[0]}'`);
    return { ...values, _: all };
  } catch (error) {
    // The first sentence; those behind are advice for programmers.
    const [problem = ""] = messageOf(error).split(/[.] /);
    throw usageError(nameOf(command), problem.replaceAll("'", '"'));
  }
}
