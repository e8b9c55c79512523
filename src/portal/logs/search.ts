import type { PortalControl } from "../../control/portal/client.ts";
import { NEWLINE } from "../../logs/lines.ts";
import type { LogId } from "./log-cursor.ts";
import { plainForm } from "./plain.ts";
import type { SearchEvent } from "./search-schema.ts";

export interface SearchRequest {
  /** Empty: all logs. */
  names: string[];
  /** A regular expression of JavaScript. */
  pattern: string;
  ignoreCase: boolean;
  /** Matches after which the search ends. */
  limit: number;
}

/** A longer line is searched, and shown, in its first part only. */
const LONGEST_LINE_BYTES = 16 * 1024;
const MOST_RANGES = 50;
/** After that much work the end of the input is looked for: lines that take seconds each must not outlive the portal. */
const LONGEST_TURN_MILLISECONDS = 50;
const PROGRESS_BYTES = 4 * 1024 * 1024;

/** Searches logs through all of their files, the newest file first, the lines of a file in order. */
export async function* searchLogs(
  control: PortalControl,
  request: SearchRequest,
): AsyncGenerator<SearchEvent, void, void> {
  const expression = new RegExp(request.pattern, request.ignoreCase ? "gi" : "g");
  const logs = (await control.logs()).filter(
    ({ name }) => request.names.length === 0 || request.names.includes(name),
  );
  const files = logs.flatMap(({ name, stream, generations }) =>
    generations.map((file) => ({ name, stream, file })),
  );
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  let [bytes, told, matches] = [0, 0, 0];
  let rested = performance.now();
  for (const { name, stream, file } of files.toSorted((a, b) => b.file.modified - a.file.modified)) {
    for await (const { lines, size } of readLines(control, { name, stream }, file)) {
      for (const { offset, text } of lines) {
        if (performance.now() - rested > LONGEST_TURN_MILLISECONDS) {
          await Bun.sleep(0);
          rested = performance.now();
        }
        const ranges = rangesOf(expression, text);
        if (ranges.length === 0) continue;
        yield { event: "match", data: { name, stream, inode: file.inode, offset, text, ranges } };
        if (++matches < request.limit) continue;
        yield { event: "done", data: { matches, complete: false } };
        return;
      }
      bytes += size;
      if (bytes - told < PROGRESS_BYTES) continue;
      told = bytes;
      yield { event: "progress", data: { bytes, total } };
    }
  }
  yield { event: "done", data: { matches, complete: true } };
}

function rangesOf(expression: RegExp, text: string): [begin: number, end: number][] {
  const ranges: [number, number][] = [];
  for (const match of text.matchAll(expression)) {
    ranges.push([match.index, match.index + match[0].length]);
    if (ranges.length === MOST_RANGES) break;
  }
  return ranges;
}

interface Line {
  offset: number;
  text: string;
}

/** Yields the lines of a file, block by block, and how many bytes of the file each block is. */
async function* readLines(
  control: PortalControl,
  id: LogId,
  { index, inode, size }: { index: number; inode: number; size: number },
): AsyncGenerator<{ lines: Line[]; size: number }, void, void> {
  let rest = new Uint8Array(0);
  for (let offset = 0; offset < size;) {
    const piece = await control.logBytes({ ...id, index, offset, length: size - offset });
    // Rotated meanwhile: the rest of the file has another index, and is not searched.
    if (piece === undefined || piece.inode !== inode || piece.bytes.byteLength === 0) return;
    const block = rest.byteLength === 0 ? piece.bytes : Buffer.concat([rest, piece.bytes]);
    const begin = offset - rest.byteLength;
    offset += piece.bytes.byteLength;
    const last = offset >= size;
    const { lines, used } = cut(block, begin, last);
    rest = block.slice(used);
    yield { lines, size: piece.bytes.byteLength };
  }
}

function cut(block: Uint8Array, begin: number, last: boolean): { lines: Line[]; used: number } {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const lines: Line[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    const newline = bytes.indexOf(NEWLINE, at);
    // A line of megabytes is cut where the block ends.
    if (newline === -1 && !last && at > 0) break;
    const end = newline === -1 ? bytes.byteLength : newline;
    const text = bytes.toString("utf8", at, Math.min(end, at + LONGEST_LINE_BYTES));
    lines.push({ offset: begin + at, text: plainForm(text) });
    at = end + 1;
  }
  return { lines, used: Math.min(at, bytes.byteLength) };
}
