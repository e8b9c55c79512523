import type { Start } from "./tail.ts";
import { readTimes } from "../times.ts";

/** Part of a log up to an offset of one of its files, with the time of writing in epoch milliseconds. */
export interface Slice<Log> {
  log: Log;
  time: number;
  inode: number;
  end: number;
}

/** Cuts logs where their times change and sorts the parts by time; the order within each log is kept. */
export function mergeByTime<Log extends { path: string; start: Start }>(logs: Log[]): Slice<Log>[] {
  return logs.flatMap((log) => slicesOf(log)).toSorted((a, b) => a.time - b.time);
}

function slicesOf<Log extends { path: string; start: Start }>(log: Log): Slice<Log>[] {
  const times = readTimes(log.path);
  let latest = 0;
  return log.start.generations.flatMap((generation, index) => {
    const { inode, modified, size } = generation;
    const begin = index === 0 ? log.start.offset : 0;
    const spans = (times.get(inode) ?? []).filter(({ offset }) => offset < size);
    // Bytes without a note count by the file's time of last write.
    const marks = spans.length === 0 ? [{ from: modified, offset: begin }] : spans;
    return marks.flatMap(({ from }, mark) => {
      const end = marks[mark + 1]?.offset ?? size;
      if (end <= begin) return [];
      // A clock set back must not reverse the order within a log.
      latest = Math.max(latest, from);
      return [{ log, time: latest, inode, end }];
    });
  });
}
