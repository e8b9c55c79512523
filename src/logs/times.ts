import { closeSync, statSync, writeSync } from "node:fs";
import { basename, dirname } from "node:path";
import { readIfExists, writeFileAtomic } from "../sys/fs.ts";
import { FILE_MODE, inLogDirectory, openLog } from "./write/trusted-path.ts";

/** Milliseconds between two notes of a log's offset. */
const NOTE_MS = 1000;
/** Bytes of notes at which the older half is thinned. */
const MAX_BYTES = 64 * 1024;

/** Bytes of a log file that were written between two moments, in epoch milliseconds. */
export interface TimeSpan {
  from: number;
  to: number;
  inode: number;
  /** First byte of the span, which ends where the file's next span begins, or with the file. */
  offset: number;
}

/** Path of the notes of a log; the log itself holds the bytes of programs and nothing else. */
export function timesPath(log: string): string {
  return `${dirname(log)}/.times/${basename(log)}`;
}

/**
 * Notes when a log was written, in a file beside the log. Each note names an inode and an offset, which a rename
 * does not change. A failure here costs the times only, never output.
 */
export class TimeNotes {
  readonly #path: string;
  #nextAt = 0;
  #inode = 0;
  #size: number | undefined;

  constructor(log: string) {
    this.#path = timesPath(log);
  }

  /** Notes that bytes are about to be written at this offset. `now` is monotonic, in milliseconds. */
  note(now: number, inode: number, offset: number): void {
    if (now < this.#nextAt && inode === this.#inode) return;
    this.#nextAt = now + NOTE_MS;
    this.#inode = inode;
    try {
      this.#append(`${Date.now()} ${inode} ${offset}\n`);
    } catch {
      this.#size = undefined;
    }
  }

  #append(line: string): void {
    this.#size ??= statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    if (this.#size + line.length > MAX_BYTES) {
      const text = thin(parse(readIfExists(this.#path) ?? ""))
        .map(format)
        .join("");
      inLogDirectory(this.#path, (path) => writeFileAtomic(path, text, FILE_MODE));
      this.#size = text.length;
    }
    const fd = openLog(this.#path);
    try {
      this.#size += writeSync(fd, line);
    } finally {
      closeSync(fd);
    }
  }
}

/** Reads the time spans of a log's files, by inode, in the order of their bytes; none where the notes cannot be read. */
export function readTimes(log: string): Map<number, TimeSpan[]> {
  const files = new Map<number, TimeSpan[]>();
  for (const span of parse(readNotes(timesPath(log)))) {
    const spans = files.get(span.inode) ?? [];
    // The file was truncated, or another file got its inode.
    if (span.offset <= (spans.at(-1)?.offset ?? -1)) spans.length = 0;
    spans.push(span);
    files.set(span.inode, spans);
  }
  return files;
}

function readNotes(path: string): string {
  try {
    return readIfExists(path) ?? "";
  } catch {
    return "";
  }
}

/** Joins neighbouring spans of the older half: times get coarser with age, none is lost. */
function thin(spans: TimeSpan[]): TimeSpan[] {
  const half = Math.floor(spans.length / 2);
  const older: TimeSpan[] = [];
  for (let index = 0; index < half; index++) {
    const [span, next] = [spans[index], spans[index + 1]];
    if (span === undefined) break;
    if (next !== undefined && index + 1 < half && next.inode === span.inode && next.offset > span.offset) {
      older.push({ ...span, to: Math.max(span.to, next.to) });
      index++;
    } else {
      older.push(span);
    }
  }
  return [...older, ...spans.slice(half)];
}

/** `from inode offset`, and `to` where `to` is not a second after `from`. */
function format({ from, to, inode, offset }: TimeSpan): string {
  return `${from} ${inode} ${offset}${to === from + NOTE_MS ? "" : ` ${to}`}\n`;
}

function parse(text: string): TimeSpan[] {
  return text.split("\n").flatMap((line) => {
    const [from, inode, offset, to] = line.split(" ").map(Number);
    if (!from || !inode || offset === undefined || !Number.isFinite(offset)) return [];
    return [{ from, inode, offset, to: to || from + NOTE_MS }];
  });
}
