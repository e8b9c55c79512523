import type { ArgsDef } from "citty";
import { control } from "../control/client.ts";
import { listLogs } from "../logs/names.ts";
import { programId } from "../programs/names.ts";
import { LOG_DIRECTORY } from "../programs/spec.ts";
import { type Command, type Commands, visibleCommands } from "./command.ts";
import { parseInvocation } from "./invocation.ts";

const SIGNALS = ["TERM", "HUP", "INT", "QUIT", "USR1", "USR2", "KILL", "CONT", "STOP"];

/** The words that can stand at the end of a line that begins with a name of ai-dock, for bash. */
export async function completeLine(line: string, commands: Commands): Promise<string[]> {
  const [calledAs = "", ...words] = line.trimStart().split(/\s+/);
  const current = words.pop() ?? "";
  const candidates = await candidatesFor(commands, calledAs, words, current);
  // bash takes a colon for the end of a word and wants only what follows the colon.
  const colon = current.lastIndexOf(":") + 1;
  return candidates.filter((word) => word.startsWith(current)).map((word) => word.slice(colon));
}

async function candidatesFor(commands: Commands, calledAs: string, words: string[], current: string) {
  const isCommand = (word: string) => Object.hasOwn(commands, word);
  const { command, own, rest } = await parseInvocation(calledAs, words, isCommand, () => false);
  if (rest !== undefined) return [];
  if (command === undefined) {
    const visible = await visibleCommands(commands);
    return [...visible.map(([name]) => name), "--help", "--version"];
  }
  const load = commands[command];
  if (load === undefined) return [];
  if (current.startsWith("-")) return flagsOf((await load()).default);
  return (await positionals[command]?.(own.filter((word) => !word.startsWith("-")))) ?? [];
}

/** What the words of a command may be, given the words before. */
const positionals: Record<string, (before: string[]) => Promise<string[]> | string[]> = {
  status: programNames,
  start: programNames,
  stop: programNames,
  restart: programNames,
  signal: (before) => (before.length === 0 ? SIGNALS : programNames()),
  logs: () => [...new Set(listLogs(LOG_DIRECTORY).map(({ name }) => name))],
  completion: () => ["bash"],
};

/** Names of programs and groups, and `all`; none without a supervisor. */
async function programNames(): Promise<string[]> {
  try {
    const { programs } = await control.status();
    const groups = programs.filter(({ name, group }) => name !== group).map(({ group }) => `${group}:*`);
    return [...programs.map(programId), ...new Set(groups), "all"];
  } catch {
    return [];
  }
}

function flagsOf({ definition }: Command): string[] {
  const flags = Object.entries((definition.args ?? {}) as ArgsDef).flatMap(([name, { type, ...rest }]) => {
    if (type === "positional") return [];
    const isNegative = "negativeDescription" in rest && rest.negativeDescription !== undefined;
    return [`--${isNegative ? "no-" : ""}${name}`];
  });
  return [...flags, "--help"];
}
