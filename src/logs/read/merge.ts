import type { Start } from "./tail.ts";
import { readTimes } from "../times.ts";

/** A part of a log, up to a place in one of its files, and when it was written. */
export interface Slice<Log> {
  log: Log;
  time: number;
  inode: number;
  end: number;
}

/** Cuts several logs where their times change and puts the parts in one order, each log's own order kept. */
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
    // What is not noted counts by the time of the last write.
    const marks = spans.length === 0 ? [{ from: modified, offset: begin }] : spans;
    return marks.flatMap(({ from }, mark) => {
      const end = marks[mark + 1]?.offset ?? size;
      if (end <= begin) return [];
      // A clock that went back must not turn a log's own order round.
      latest = Math.max(latest, from);
      return [{ log, time: latest, inode, end }];
    });
  });
}
