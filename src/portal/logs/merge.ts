import type { LogEntry } from "../../control/portal/protocol.ts";
import type { Place } from "./log-cursor.ts";

/** Part of a log that was written in one go, up to an offset of one of its files. */
export interface Slice {
  /** Which of the logs. */
  log: number;
  /** Epoch milliseconds. */
  time: number;
  index: number;
  inode: number;
  end: number;
}

/** Cuts logs where their times change and sorts the parts by time; the order within each log is kept. */
export function mergeByTime(logs: { entry: LogEntry; start: Place | undefined }[]): Slice[] {
  return logs
    .flatMap(({ entry, start }, log) => slicesOf(entry, start).map((slice) => ({ ...slice, log })))
    .toSorted((a, b) => a.time - b.time);
}

function slicesOf({ generations }: LogEntry, start: Place | undefined): Omit<Slice, "log">[] {
  const first =
    start === undefined
      ? generations.length - 1
      : generations.findIndex(({ inode }) => inode === start.inode);
  let latest = 0;
  return generations
    .slice(0, first + 1)
    .toReversed()
    .flatMap(({ index, inode, size, modified, spans }) => {
      const begin = inode === start?.inode ? start.offset : 0;
      const known = spans.filter(({ offset }) => offset < size);
      // Bytes without a note count by the file's time of last write.
      const marks = known.length === 0 ? [{ from: modified, offset: 0 }] : known;
      return marks.flatMap(({ from }, mark) => {
        const end = marks[mark + 1]?.offset ?? size;
        if (end <= begin) return [];
        // A clock set back must not reverse the order within a log.
        latest = Math.max(latest, from);
        return [{ time: latest, index, inode, end }];
      });
    });
}
