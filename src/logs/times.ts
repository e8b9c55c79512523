import { closeSync, statSync, writeSync } from "node:fs";
import { basename, dirname } from "node:path";
import { readIfExists, writeFileAtomic } from "../sys/fs.ts";
import { FILE_MODE, inLogDirectory, openLog } from "./write/trusted-path.ts";

/** One note a second tells when the bytes from there on were written. */
const NOTE_MS = 1000;
/** Size at which the older half of the notes is thinned. */
const MAX_BYTES = 64 * 1024;

/** Bytes of a log file that were written between two moments, in epoch milliseconds. */
export interface TimeSpan {
  from: number;
  to: number;
  inode: number;
  /** Where they begin; they end where the next span of the file does, or with the file. */
  offset: number;
}

/** Where the times of a log are kept: logs hold the bytes of programs and nothing else. */
export function timesPath(log: string): string {
  return `${dirname(log)}/.times/${basename(log)}`;
}

/**
 * Notes when a log was written, next to it. A place is an inode and an offset, which stay as they are when
 * the file is renamed. Whatever goes wrong here costs the times only.
 */
export class TimeNotes {
  readonly #path: string;
  #nextAt = 0;
  #inode = 0;
  #size: number | undefined;

  constructor(log: string) {
    this.#path = timesPath(log);
  }

  /** Tells that bytes are about to be written there; `now` is monotonic. */
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

/** The time spans of a log's files, by inode, in the order of their bytes; none where they cannot be read. */
export function readTimes(log: string): Map<number, TimeSpan[]> {
  const files = new Map<number, TimeSpan[]>();
  for (const span of parse(readNotes(timesPath(log)))) {
    const spans = files.get(span.inode) ?? [];
    // The file was truncated, or it is another one that got the same inode.
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

/** Joins neighbours in the older half: times get coarser with age, and are never lost. */
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

/** `from inode offset`, and `to` where it is not a second later. */
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
