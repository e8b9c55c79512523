import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

/** What the process was called to do: a command of ours with its words, or a program for `init` to run. */
export interface Invocation {
  command: string | undefined;
  /** Words that are ours to parse. */
  own: string[];
  /** Words after `--`; never parsed as ours. */
  rest: string[] | undefined;
}

/**
 * Reads argv. Called by another name it is that command (`init.sh`, `logtail.sh`). As the entrypoint of a
 * container a first word that is no command is a program to run: `docker run IMAGE bash`.
 */
export async function parseInvocation(
  calledAs: string,
  words: string[],
  isCommand: (word: string) => boolean,
  asEntrypoint: (program: string) => boolean | Promise<boolean> = isEntrypoint,
): Promise<Invocation> {
  const alias = aliases[basename(calledAs)];
  if (alias !== undefined) return splitRest(alias.command, [...alias.words, ...words]);
  const [first, ...others] = words;
  if (first === undefined) return { command: undefined, own: [], rest: undefined };
  const named = aliases[basename(first)];
  if (named !== undefined) return splitRest(named.command, [...named.words, ...others]);
  if (isCommand(first)) return splitRest(first, others);
  if (first === "--") return { command: "init", own: [], rest: others };
  if (!first.startsWith("-") && (await asEntrypoint(first))) return { command: "init", own: [], rest: words };
  return splitRest(first.startsWith("-") ? undefined : first, first.startsWith("-") ? words : others);
}

const aliases: Record<string, { command: string; words: string[] } | undefined> = {
  "init.sh": { command: "init", words: [] },
  supervisorctl: { command: "supervisorctl", words: [] },
  "logtail.sh": { command: "logs", words: ["--follow"] },
};

function splitRest(command: string | undefined, words: string[]): Invocation {
  const end = words.indexOf("--");
  if (end === -1) return { command, own: words, rest: undefined };
  return { command, own: words.slice(0, end), rest: words.slice(end + 1) };
}

/**
 * PID 1, or the child of a container's own init (`docker run --init`) that is not ai-dock. In a PID namespace that is
 * shared with others (`--pid`, `shareProcessNamespace`) the parent is out of sight, as that of `docker exec` is:
 * there whoever comes first with a program is the entrypoint.
 */
async function isEntrypoint(program: string): Promise<boolean> {
  if (process.pid === 1) return true;
  if (process.ppid === 0) {
    if (isAiDock(1)) return false;
    const { findProgram } = await import("../sys/which.ts");
    if (!program.includes("/") && findProgram(program, process.env["PATH"]) === undefined) return false;
    const { isInitRunning } = await import("../init/second-init.ts");
    return !(await isInitRunning());
  }
  if (process.ppid !== 1) return false;
  try {
    return readlinkSync("/proc/1/exe") !== process.execPath;
  } catch {
    return false;
  }
}

/** By its name, which all users may read. */
function isAiDock(pid: number): boolean {
  try {
    const [name = ""] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return ["ai-dock", "init.sh"].includes(basename(name));
  } catch {
    return false;
  }
}
