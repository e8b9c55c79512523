import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** More generations than any program keeps are not looked for. */
const MOST_GENERATIONS = 1000;

/** Nothing waits for the other end of what turns out to be a pipe, and no terminal becomes ours. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** A file of a log, open for reading: the log itself or a generation of it. */
export class Generation {
  readonly inode: number;
  readonly #fd: number;

  private constructor(fd: number, inode: number) {
    this.#fd = fd;
    this.inode = inode;
  }

  /** Undefined where there is nothing to read: no file, or something else than a regular one. */
  static open(path: string): Generation | undefined {
    let fd: number;
    try {
      fd = openSync(path, FLAGS);
    } catch {
      return undefined;
    }
    const stat = fstatSync(fd);
    // Docker makes a folder for a file that is to be mounted and is not there.
    if (stat.isFile()) return new Generation(fd, stat.ino);
    closeSync(fd);
    return undefined;
  }

  get size(): number {
    return fstatSync(this.#fd).size;
  }

  /** When it was last written, in epoch milliseconds. */
  get modified(): number {
    return fstatSync(this.#fd).mtimeMs;
  }

  /** Names a file that is written no more, for good: inodes are given to new files. */
  get identity(): string {
    return `${this.inode}:${this.modified}`;
  }

  /** Reads into the buffer from a position in the file; returns how many bytes there were. */
  read(buffer: Uint8Array, position: number, length = buffer.byteLength): number {
    return readSync(this.#fd, buffer, 0, length, position);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/**
 * Opens PATH, PATH.1, PATH.2 … one after the other, newest first. Files only ever move up while this runs, so
 * what a rotation shifts in between is met again (and left out), never missed. The caller closes them.
 */
export function* openGenerations(path: string): Generator<Generation, void, void> {
  const seen = new Set<number>();
  let gap = false;
  for (let number = 0; number <= MOST_GENERATIONS; number++) {
    const generation = Generation.open(number === 0 ? path : `${path}.${number}`);
    if (generation === undefined) {
      // One may be missing for a moment: it is being renamed.
      if (gap) return;
      gap = true;
      continue;
    }
    gap = false;
    if (seen.has(generation.inode)) {
      generation.close();
      continue;
    }
    seen.add(generation.inode);
    yield generation;
  }
}
