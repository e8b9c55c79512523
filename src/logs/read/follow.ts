import { statSync } from "node:fs";
import { type Generation, openGenerations } from "./generations.ts";
import type { Printer } from "./printer.ts";
import type { Start } from "./tail.ts";

/** Shared by all followers: what it holds is passed on before the next read. */
const block = Buffer.allocUnsafe(256 * 1024);

/**
 * Prints a log from a start on, across rotation: the rest of its file, then every generation written since,
 * then the log itself, however often it was rotated in between (as far as the files still exist).
 */
export class Follower {
  readonly #path: string;
  readonly #printer: Printer;
  #current: Generation | undefined;
  #offset = 0;
  #pending: Generation[];
  /** The file before the current one: where the search for newer ones ends. */
  #older: string | undefined;

  constructor(path: string, printer: Printer, start: Start) {
    this.#path = path;
    this.#printer = printer;
    this.#pending = [...start.generations];
    this.#older = start.older;
    this.#current = this.#pending.shift();
    this.#offset = start.offset;
  }

  /** Reads everything there is by now. */
  drain(): void {
    do this.#readPending();
    while (this.#findNewer());
  }

  /** Reads up to a place in one of the files of the start. */
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

  /** True when the path leads to another file by now; it and those before it are pending then. */
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

  /** The file was truncated: what is there now is new. */
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

/** Undefined for what cannot be found, or not without end: a link may lead to itself. */
function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}
