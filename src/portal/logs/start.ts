import type { PortalControl } from "../../control/portal/client.ts";
import type { LogEntry } from "../../control/portal/protocol.ts";
import { NEWLINE } from "../../logs/lines.ts";
import { type Place, READ_BYTES } from "./log-cursor.ts";

/** Bound of the search for the last lines, so that a file without newlines is not read whole. */
const MOST_BYTES = 32 * 1024 * 1024;

/** Finds where the last `count` lines of a log begin, across its files; undefined where the log has fewer. */
export async function startOfLines(
  control: PortalControl,
  { name, stream, generations }: LogEntry,
  count: number,
): Promise<Place | undefined> {
  let budget = MOST_BYTES;
  let left = count;
  let atEnd = true;
  for (const { index, inode, size } of generations) {
    for (let end = size; end > 0;) {
      const length = Math.min(READ_BYTES, end);
      const piece = await control.logBytes({ name, stream, index, offset: end - length, length });
      if (piece === undefined || piece.inode !== inode || piece.bytes.byteLength === 0) return undefined;
      const { bytes } = piece;
      // The newline at the very end ends the last line; each other one is before a line.
      for (
        let at = bytes.lastIndexOf(NEWLINE);
        at !== -1;
        at = at === 0 ? -1 : bytes.lastIndexOf(NEWLINE, at - 1)
      ) {
        if (atEnd && at === bytes.byteLength - 1) {
          atEnd = false;
          continue;
        }
        atEnd = false;
        if (--left === 0) return { inode, offset: end - length + at + 1 };
      }
      atEnd = false;
      end -= length;
      budget -= length;
      if (budget <= 0) return { inode, offset: end };
    }
  }
  return undefined;
}

/** Before a place. */
const CONTEXT_BYTES = READ_BYTES - 1;

/** Finds where to begin so that some lines come before a place; undefined where the file has gone. */
export async function startAround(
  control: PortalControl,
  { name, stream, generations }: LogEntry,
  { inode, offset }: Place,
): Promise<{ place: Place; index: number; modified: number } | undefined> {
  const file = generations.find((one) => one.inode === inode);
  if (file === undefined) return undefined;
  const { index, modified } = file;
  const from = Math.max(0, offset - CONTEXT_BYTES);
  const piece = await control.logBytes({ name, stream, index, offset: from, length: offset - from + 1 });
  const newline = from === 0 ? -1 : (piece?.bytes.indexOf(NEWLINE) ?? -1);
  return { place: { inode, offset: from + newline + 1 }, index, modified };
}
