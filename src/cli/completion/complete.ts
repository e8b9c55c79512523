import type { ArgsDef } from "citty";
import { parseInvocation } from "../invocation.ts";
import { type Command, commands } from "../index.ts";
import { logNames, programNames } from "./names.ts";

const SIGNALS = ["TERM", "HUP", "INT", "QUIT", "USR1", "USR2", "KILL", "CONT", "STOP"];

/** What can stand at the end of a line that begins with one of our names, for bash. */
export async function completeLine(line: string): Promise<string[]> {
  const [calledAs = "", ...words] = line.trimStart().split(/\s+/);
  const current = words.pop() ?? "";
  const candidates = await candidatesFor(calledAs, words, current);
  // bash takes a colon for the end of a word, and wants what comes after it only.
  const colon = current.lastIndexOf(":") + 1;
  return candidates.filter((word) => word.startsWith(current)).map((word) => word.slice(colon));
}

async function candidatesFor(calledAs: string, words: string[], current: string): Promise<string[]> {
  const { command, own, rest } = await parseInvocation(calledAs, words, isCommand, () => false);
  if (rest !== undefined) return [];
  if (command === undefined) return [...(await visibleCommands()), "--help", "--version"];
  const load = commands[command];
  if (load === undefined) return [];
  if (current.startsWith("-")) return flagsOf((await load()).default);
  return (await positionals[command]?.(own.filter((word) => !word.startsWith("-")))) ?? [];
}

/** What the words of a command may be, given those before. */
const positionals: Record<string, (before: string[]) => Promise<string[]> | string[]> = {
  status: programNames,
  start: programNames,
  stop: programNames,
  restart: programNames,
  signal: (before) => (before.length === 0 ? SIGNALS : programNames()),
  logs: logNames,
  completion: () => ["bash"],
};

function isCommand(word: string): boolean {
  return Object.hasOwn(commands, word);
}

async function visibleCommands(): Promise<string[]> {
  const all = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => ({
      name,
      meta: (await load()).default.definition.meta,
    })),
  );
  return all.flatMap(({ name, meta }) => ((meta as { hidden?: boolean }).hidden ? [] : [name]));
}

function flagsOf({ definition }: Command): string[] {
  const flags = Object.entries((definition.args ?? {}) as ArgsDef).flatMap(([name, { type, ...rest }]) => {
    if (type === "positional") return [];
    const negative = "negativeDescription" in rest && rest.negativeDescription !== undefined;
    return [`--${negative ? "no-" : ""}${name}`];
  });
  return [...flags, "--help"];
}
