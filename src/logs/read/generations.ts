import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** Highest number of a generation that is looked for; no program keeps more. */
const MOST_GENERATIONS = 1000;

/** O_NONBLOCK: opening a FIFO waits for nobody. O_NOCTTY: no terminal becomes ours. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** A file of a log, open for reading: the log itself or a generation of it. */
export class Generation {
  readonly inode: number;
  readonly #fd: number;

  private constructor(fd: number, inode: number) {
    this.#fd = fd;
    this.inode = inode;
  }

  /** Undefined where `path` is no regular file. */
  static open(path: string): Generation | undefined {
    let fd: number;
    try {
      fd = openSync(path, FLAGS);
    } catch {
      return undefined;
    }
    const stat = fstatSync(fd);
    // Docker makes a directory in place of a missing file that is to be mounted.
    if (stat.isFile()) return new Generation(fd, stat.ino);
    closeSync(fd);
    return undefined;
  }

  get size(): number {
    return fstatSync(this.#fd).size;
  }

  /** Time of the last write, in epoch milliseconds. */
  get modified(): number {
    return fstatSync(this.#fd).mtimeMs;
  }

  /** Names a file that is not written any more. An inode alone does not: new files reuse inodes. */
  get identity(): string {
    return `${this.inode}:${this.modified}`;
  }

  /** Reads into the buffer from a position in the file; returns the number of bytes read. */
  read(buffer: Uint8Array, position: number, length = buffer.byteLength): number {
    return readSync(this.#fd, buffer, 0, length, position);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/**
 * Opens PATH, PATH.1, PATH.2 …, newest first; the caller closes them. A rotation meanwhile only moves files to higher
 * numbers, so a file may be met twice (the second time is left out), never missed.
 */
export function* openGenerations(path: string): Generator<Generation, void, void> {
  const seen = new Set<number>();
  let gap = false;
  for (let number = 0; number <= MOST_GENERATIONS; number++) {
    const generation = Generation.open(number === 0 ? path : `${path}.${number}`);
    if (generation === undefined) {
      // One number may be missing for a moment, in the middle of a rotation.
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
