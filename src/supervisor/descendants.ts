import { type ProcessInfo, descendantsOf, isRunning, listProcesses, readMark } from "../sys/proc.ts";
import { isOwnChild, sendSignal } from "../sys/children.ts";

/** Between two looks at processes that are not our children, so that no event tells of their end. */
const LOOK_AGAIN_MILLISECONDS = 10;

let pendingTable: Promise<ProcessInfo[]> | undefined;
let lastTableMilliseconds = 0;

/**
 * All processes as of a moment after the call. Callers within a short while share one reading of
 * /proc, so that a thousand programs that stop together do not read it a thousand times.
 */
export async function processTable(): Promise<ProcessInfo[]> {
  pendingTable ??= Bun.sleep(1 + 2 * lastTableMilliseconds).then(() => {
    pendingTable = undefined;
    const started = performance.now();
    const processes = listProcesses();
    lastTableMilliseconds = performance.now() - started;
    return processes;
  });
  return pendingTable;
}

/**
 * What is left of a program whose main process is gone: processes of the snapshot, and orphans
 * (now our children) that carry its mark, with everything below them.
 */
export async function findLeftovers(mark: number, snapshot: ProcessInfo[]): Promise<ProcessInfo[]> {
  const processes = (await processTable()).filter((info) => info.state !== "Z");
  const orphans = processes.filter(
    (info) => info.ppid === process.pid && !isOwnChild(info.pid) && readMark(info.pid) === mark,
  );
  const found = new Map<number, ProcessInfo>();
  for (const info of [...snapshot.filter(isRunning), ...orphans]) {
    for (const member of [info, ...descendantsOf(info.pid, processes)]) found.set(member.pid, member);
  }
  return [...found.values()];
}

/**
 * Ends what `find` keeps finding: `first` signal at once, KILL after `graceSeconds`. Resolves when nothing is left,
 * or with what could not be killed (uninterruptible sleep).
 */
export async function endProcesses(
  find: () => Promise<ProcessInfo[]>,
  first: string,
  graceSeconds: number,
): Promise<ProcessInfo[]> {
  const signalled = new Set<string>();
  const started = performance.now();
  const killAt = started + graceSeconds * 1000;
  const giveUpAt = killAt + 2000;
  for (;;) {
    const left = await find();
    const now = performance.now();
    if (left.length === 0 || now > giveUpAt) return left;
    for (const info of left) {
      const signal = now >= killAt ? "KILL" : first;
      const key = `${info.pid} ${info.startTime} ${signal}`;
      if (signalled.has(key)) continue;
      signalled.add(key);
      sendSignal(info.pid, signal);
    }
    await Bun.sleep(LOOK_AGAIN_MILLISECONDS);
  }
}
