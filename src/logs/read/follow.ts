import { statSync } from "node:fs";
import { type Generation, openGenerations } from "./generations.ts";
import type { Printer } from "./printer.ts";
import type { Start } from "./tail.ts";

/** Shared by all followers: its bytes are passed on before the next read. */
const block = Buffer.allocUnsafe(256 * 1024);

/**
 * Prints a log from a start on, across rotations: the rest of the first file, every generation written since, then the
 * log itself, however often the log was rotated in between (as far as the files still exist).
 */
export class Follower {
  readonly #path: string;
  readonly #printer: Printer;
  #current: Generation | undefined;
  #offset = 0;
  #pending: Generation[];
  /** Identity of the file before the current one, where the search for newer files ends. */
  #older: string | undefined;

  constructor(path: string, printer: Printer, start: Start) {
    this.#path = path;
    this.#printer = printer;
    this.#pending = [...start.generations];
    this.#older = start.older;
    this.#current = this.#pending.shift();
    this.#offset = start.offset;
  }

  /** Reads everything that is written by now. */
  drain(): void {
    do this.#readPending();
    while (this.#findNewer());
  }

  /** Reads up to an offset in one of the start's files. */
  readUntil(inode: number, end: number): void {
    while (this.#current !== undefined && this.#current.inode !== inode && this.#pending.length > 0) {
      this.#readOn();
      this.#next();
    }
    this.#readOn(end);
  }

  close(): void {
    for (const generation of [this.#current, ...this.#pending]) generation?.close();
    this.#current = undefined;
    this.#pending = [];
  }

  #readPending(): void {
    this.#readOn();
    while (this.#pending.length > 0) {
      this.#next();
      this.#readOn();
    }
  }

  /** True when the path leads to another file by now; that file and the generations before it are then pending. */
  #findNewer(): boolean {
    const inode = inodeOf(this.#path);
    if (inode === undefined || inode === this.#current?.inode) return false;
    for (const generation of openGenerations(this.#path)) {
      if (generation.inode === this.#current?.inode || generation.identity === this.#older) {
        generation.close();
        break;
      }
      this.#pending.unshift(generation);
    }
    return this.#pending.length > 0;
  }

  #next(): void {
    this.#older = this.#current?.identity;
    this.#current?.close();
    this.#current = this.#pending.shift();
    this.#offset = 0;
  }

  /** The file was truncated: its present bytes are new. */
  #startOver(): void {
    this.#printer.end();
    this.#offset = 0;
  }

  #readOn(end = Number.POSITIVE_INFINITY): void {
    if (this.#current === undefined) return;
    if (this.#current.size < this.#offset) this.#startOver();
    while (this.#offset < end) {
      const length = Math.min(block.byteLength, end - this.#offset);
      const count = this.#current.read(block, this.#offset, length);
      if (count === 0) return;
      this.#offset += count;
      this.#printer.push(block.subarray(0, count));
    }
  }
}

/** Undefined for a missing file and for a loop of links. */
function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}
