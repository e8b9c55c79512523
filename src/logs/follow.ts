import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";

const BLOCK_BYTES = 256 * 1024;

/** More generations than any program keeps are not looked for. */
const MOST_GENERATIONS = 100;

/**
 * Reads what is added to a log, across rotation: it holds the file open, and when PATH is another file it
 * first reads the rest of its own, then every generation in between, then the new one.
 */
export class Follower {
  readonly #path: string;
  readonly #emit: (bytes: Uint8Array) => void;
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #file: number | undefined;
  #inode = 0;
  #offset = 0;

  /** Starts at `offset` of the file with that inode; without, at the beginning of whatever is there. */
  constructor(path: string, emit: (bytes: Uint8Array) => void, from?: { inode: number; size: number }) {
    this.#path = path;
    this.#emit = emit;
    if (from === undefined) return;
    this.#open(this.#path);
    if (this.#inode === from.inode) this.#offset = from.size;
  }

  /** Reads everything there is by now. */
  drain(): void {
    this.#readOn();
    const current = statSync(this.#path, { throwIfNoEntry: false });
    if (current === undefined || (this.#file !== undefined && current.ino === this.#inode)) return;
    for (const path of this.#newerGenerations()) {
      this.#open(path);
      this.#readOn();
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** The files written after ours, oldest first; only the log itself when ours is not among them. */
  #newerGenerations(): string[] {
    const paths = [this.#path];
    if (this.#file === undefined) return paths;
    for (let generation = 1; generation <= MOST_GENERATIONS; generation++) {
      const path = `${this.#path}.${generation}`;
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat === undefined) break;
      if (stat.ino === this.#inode) return paths;
      paths.unshift(path);
    }
    return [this.#path];
  }

  #open(path: string): void {
    try {
      const file = openSync(path, "r");
      this.close();
      this.#file = file;
      this.#inode = fstatSync(file).ino;
      this.#offset = 0;
    } catch {
      // Rotated away in between; the next event tells of what is there then.
    }
  }

  #readOn(): void {
    if (this.#file === undefined) return;
    if (fstatSync(this.#file).size < this.#offset) this.#offset = 0;
    for (;;) {
      const length = readSync(this.#file, this.#block, 0, BLOCK_BYTES, this.#offset);
      if (length === 0) return;
      this.#offset += length;
      this.#emit(this.#block.subarray(0, length));
    }
  }
}
