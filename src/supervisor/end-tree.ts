import { endProcesses, processTable } from "./descendants.ts";
import { markChildren } from "../sys/libc.ts";
import { descendantsOf, type ProcessInfo, readMark } from "../sys/proc.ts";

const KILL_AFTER_SECONDS = 2;

/** Above those of the supervisor's programs. */
const FIRST_MARK = 0x50_00_00_00;
const MARKS = 0x20_00_00_00;

/** Starts a process by which all it forks can be told from others later on. */
export function spawnMarked<T>(spawn: () => T): { child: T; mark: number } {
  const mark = FIRST_MARK + Math.floor(Math.random() * MARKS);
  markChildren(mark);
  try {
    return { child: spawn(), mark };
  } finally {
    markChildren(undefined);
  }
}

/**
 * Ends a process with all it started, whatever group, session or parent that has by now: TERM at once, KILL for
 * what remains after 2 s, even where the first process has gone. Resolves when nothing is left that can be ended.
 */
export async function endTree(pid: number, mark: number): Promise<void> {
  await endProcesses(finder(pid, mark), "TERM", KILL_AFTER_SECONDS);
}

/** Finds what runs of a tree: by the mark, and by its members so far, as sudo may take the mark away. */
function finder(pid: number, mark: number): () => Promise<ProcessInfo[]> {
  const members = new Set<string>();
  const strangers = new Set<string>();
  const isMember = (info: ProcessInfo) => {
    const key = keyOf(info);
    if (strangers.has(key)) return false;
    // Later on, the pid may be someone else's.
    const isFirst = members.size === 0 && info.pid === pid;
    const found = isFirst || members.has(key) || readMark(info.pid) === mark;
    if (!found) strangers.add(key);
    return found;
  };
  return async () => {
    const processes = (await processTable()).filter(({ state }) => state !== "Z");
    const found = new Map<string, ProcessInfo>();
    for (const root of processes.filter(isMember))
      for (const info of [root, ...descendantsOf(root.pid, processes)]) found.set(keyOf(info), info);
    for (const key of found.keys()) members.add(key);
    return [...found.values()];
  };
}

const keyOf = ({ pid, startTime }: ProcessInfo) => `${pid} ${startTime}`;
