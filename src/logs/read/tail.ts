import { NEWLINE } from "../lines.ts";
import { type Generation, openGenerations } from "./generations.ts";

const BLOCK_BYTES = 64 * 1024;

/** Bound of the search for the last lines, so that a file without newlines is not read whole. */
const FIRST_BYTES = 16 * 1024 * 1024;
const BYTES_PER_LINE = 64 * 1024;

/** Where to start reading a log: all files from there on, open, oldest first. */
export interface Start {
  generations: Generation[];
  /** Offset in the first generation. */
  offset: number;
  /** Identity of the file before the first one, which a follower must not take for a new file. */
  older: string | undefined;
}

/** Finds where the last `count` lines begin, across generations; an unfinished line counts as a line. */
export function startOfLines(path: string, count: number): Start {
  let lines: number | undefined;
  let budget = FIRST_BYTES + count * BYTES_PER_LINE;
  return findStart(path, (generation) => {
    const { size } = generation;
    if (lines === undefined && size > 0) lines = count + (endsLine(generation, size) ? 1 : 0);
    if (lines === undefined) return count === 0 ? size : undefined;
    if (count === 0) return size;
    const found = findNewline(generation, size, lines, budget);
    budget -= size - found.offset;
    lines -= found.newlines;
    return lines === 0 || budget <= 0 ? found.offset : undefined;
  });
}

/** Starts at the oldest generation. */
export function startOfAll(path: string): Start {
  return findStart(path, () => undefined);
}

/** Returns the start that is nearer to the end of the log, and closes the other one. */
export function laterOf(a: Start, b: Start): Start {
  const fewer = a.generations.length - b.generations.length;
  const [later, earlier] = fewer < 0 || (fewer === 0 && a.offset > b.offset) ? [a, b] : [b, a];
  for (const generation of earlier.generations) generation.close();
  return later;
}

/** Asks each generation, newest first, for the offset to start at, until one has an answer. */
export function findStart(path: string, offsetIn: (generation: Generation) => number | undefined): Start {
  const generations: Generation[] = [];
  let offset: number | undefined;
  let older: string | undefined;
  for (const generation of openGenerations(path)) {
    if (offset !== undefined) {
      older = generation.identity;
      generation.close();
      break;
    }
    generations.unshift(generation);
    offset = offsetIn(generation);
  }
  return { generations, offset: offset ?? 0, older };
}

/** Returns the offset where the line with the byte at `offset` begins. */
export function lineStart(generation: Generation, offset: number): number {
  return offset === 0 ? 0 : findNewline(generation, offset, 1, BYTES_PER_LINE).offset;
}

function endsLine(generation: Generation, size: number): boolean {
  const last = Buffer.alloc(1);
  return generation.read(last, size - 1) === 1 && last[0] === NEWLINE;
}

/** Looks back from `end` for `wanted` newlines; returns the offset after the last one found, or where the budget ended. */
function findNewline(generation: Generation, end: number, wanted: number, budget: number) {
  const block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, end));
  const lowest = Math.max(0, end - budget);
  let newlines = 0;
  for (let start = end; start > lowest;) {
    const length = Math.min(block.byteLength, start - lowest);
    start -= length;
    generation.read(block, start, length);
    for (let at = block.lastIndexOf(NEWLINE, length - 1); at !== -1; at = lastNewlineBefore(block, at)) {
      if (++newlines === wanted) return { offset: start + at + 1, newlines };
    }
  }
  return { offset: lowest, newlines };
}

/** lastIndexOf() takes -1 for the end of the buffer. */
function lastNewlineBefore(block: Buffer, at: number): number {
  return at === 0 ? -1 : block.lastIndexOf(NEWLINE, at - 1);
}
