import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const NEWLINE = 0x0a;
const BLOCK_BYTES = 64 * 1024;

/** Lines far longer than anyone reads must not fill the memory. */
const MOST_BYTES = 16 * 1024 * 1024;

export interface Tail {
  /** The last lines, the unfinished one included. */
  bytes: Uint8Array;
  /** The file they end in and where; a follower goes on from there. */
  inode: number;
  size: number;
}

/** The last `count` lines of a log; older generations (PATH.1, PATH.2 …) make up what it lacks. */
export function lastLines(path: string, count: number): Tail | undefined {
  const base = readTail(path, count);
  if (base === undefined) return undefined;
  const parts = [base.bytes];
  let missing = count - base.lines;
  for (let generation = 1; missing > 0; generation++) {
    const older = readTail(`${path}.${generation}`, missing);
    if (older === undefined) break;
    parts.unshift(older.bytes);
    missing -= older.lines;
  }
  return { bytes: Buffer.concat(parts), inode: base.inode, size: base.size };
}

function readTail(path: string, count: number) {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return undefined;
  }
  try {
    const { ino, size } = fstatSync(file);
    let bytes = Buffer.alloc(0);
    let start = size;
    while (start > 0 && bytes.byteLength < MOST_BYTES && countLines(bytes) <= count) {
      const length = Math.min(BLOCK_BYTES, start);
      const block = Buffer.alloc(length);
      start -= length;
      readSync(file, block, 0, length, start);
      bytes = Buffer.concat([block, bytes]);
    }
    const wanted = cutToLines(bytes, count);
    return { bytes: wanted, lines: countLines(wanted), inode: ino, size };
  } finally {
    closeSync(file);
  }
}

/** An unfinished last line counts, too. */
function countLines(bytes: Uint8Array): number {
  let lines = bytes.byteLength > 0 && bytes.at(-1) !== NEWLINE ? 1 : 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}

function cutToLines(bytes: Buffer, count: number): Buffer {
  if (count === 0) return Buffer.alloc(0);
  let start = bytes.at(-1) === NEWLINE ? bytes.byteLength - 1 : bytes.byteLength;
  for (let lines = 0; lines < count; lines++) {
    if (start <= 0) return bytes;
    start = bytes.lastIndexOf(NEWLINE, start - 1);
    if (start === -1) return bytes;
  }
  return bytes.subarray(start + 1);
}
