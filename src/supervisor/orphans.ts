import { readMark } from "../sys/proc.ts";
import { readUsage } from "../sys/process-usage.ts";
import { isMarkOfOurs } from "./process-tree.ts";

/** CPU time of orphans that have ended, in seconds, by the mark of the tree that they belonged to. */
const ended = new Map<number, number>();

/** Books the CPU time of an orphan that has ended and is not waited for yet; afterwards nobody knows whose it was. */
export function bookOrphan(pid: number): void {
  const seconds = readUsage(pid)?.cpuSeconds ?? 0;
  // Most have used less than the kernel counts: one read is all that they cost.
  const mark = seconds > 0 ? readMark(pid) : undefined;
  if (mark !== undefined && isMarkOfOurs(mark)) ended.set(mark, (ended.get(mark) ?? 0) + seconds);
}

/** CPU time of orphans of a mark that have ended, in seconds. */
export function endedOrphanSeconds(mark: number): number {
  return ended.get(mark) ?? 0;
}
