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
  asEntrypoint: (program: string) => boolean | Promise<boolean> = (program) => isEntrypoint(program),
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
  logtail: { command: "logs", words: ["--follow"] },
  ...ofLaterImages(
    "direct-url",
    "cfqt-url",
    "cfnt-url",
    "set-web-credentials",
    "env-store",
    "fix-permissions",
  ),
  ...ofLaterImages("venv-sync", "hash-password", "external-ip-address", "ready-test"),
};

/** Later images of the original have these commands with and without `.sh`. */
function ofLaterImages(...names: string[]) {
  return Object.fromEntries(
    names.flatMap((command) => [command, `${command}.sh`].map((name) => [name, { command, words: [] }])),
  );
}

function splitRest(command: string | undefined, words: string[]): Invocation {
  const end = words.indexOf("--");
  if (end === -1) return { command, own: words, rest: undefined };
  return { command, own: words.slice(0, end), rest: words.slice(end + 1) };
}

/** What is asked of the kernel and of the container to tell an entrypoint from a command. */
export interface Surroundings {
  pid: number;
  /** 0 for a parent in another PID namespace. */
  ppid: number;
  /** The mount namespace of a process; undefined where it may not be looked at. */
  mountNamespace: (pid: number) => string | undefined;
  /** The path of its executable; undefined where it may not be looked at. */
  executable: (pid: number) => string | undefined;
  /** The name it was called by, which all users may read. */
  calledAs: (pid: number) => string;
  isProgram: (name: string) => Promise<boolean>;
  isInitRunning: () => Promise<boolean>;
}

/**
 * True for PID 1, and for the child of a container's own init (`docker run --init`) that is not ai-dock. Where a PID
 * namespace is shared with others (`--pid`, `shareProcessNamespace`), the container's first process has another pid, and
 * its parent is outside: not visible, in another mount namespace, or not to be looked at. As `docker exec` looks just the
 * same, there a program is the entrypoint only as long as no init runs.
 */
export async function isEntrypoint(program: string, around: Surroundings = surroundings): Promise<boolean> {
  const { pid, ppid } = around;
  if (pid === 1) return true;
  if (!isParentInside(around)) {
    if (["ai-dock", "init.sh"].includes(around.calledAs(1))) return false;
    return (await around.isProgram(program)) && !(await around.isInitRunning());
  }
  const executable = around.executable(1);
  return ppid === 1 && executable !== undefined && executable !== around.executable(pid);
}

function isParentInside({ pid, ppid, mountNamespace }: Surroundings): boolean {
  return ppid !== 0 && mountNamespace(ppid) !== undefined && mountNamespace(ppid) === mountNamespace(pid);
}

const surroundings: Surroundings = {
  pid: process.pid,
  ppid: process.ppid,
  mountNamespace: (pid) => linkTarget(`/proc/${pid}/ns/mnt`),
  executable: (pid) => linkTarget(`/proc/${pid}/exe`),
  calledAs(pid) {
    try {
      return basename(readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] ?? "");
    } catch {
      return "";
    }
  },
  async isProgram(name) {
    const { findProgram } = await import("../sys/which.ts");
    return name.includes("/") || findProgram(name, process.env["PATH"]) !== undefined;
  },
  async isInitRunning() {
    const { isInitRunning } = await import("../init/second-init.ts");
    return await isInitRunning();
  },
};

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
