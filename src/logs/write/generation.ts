import { closeSync, constants, openSync, readSync } from "node:fs";

/** What a log file holds, also once it has been rotated away: open for reading while someone needs bytes of it. */
export class Generation {
  /** Rotations since the file was the current one. */
  age = 0;
  readonly #fd: number;
  #uses = 0;
  #isLost = false;

  /** The generation that is open for writing as `fd`. Throws with an errno `code`. */
  constructor(fd: number) {
    // By the descriptor: another file may have the path by now.
    this.#fd = openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY);
  }

  /** True while someone needs bytes of it, and may get them. */
  get isNeeded(): boolean {
    return this.#uses > 0 && !this.#isLost;
  }

  /** Reads at a position; how many bytes there were, 0 where the file was truncated meanwhile. */
  read(buffer: Uint8Array, length: number, position: number): number {
    if (this.#isLost) return 0;
    try {
      return readSync(this.#fd, buffer, 0, length, position);
    } catch {
      return 0;
    }
  }

  /** What it holds is not read any more; what the file gets from now on is another generation's. */
  lose(): void {
    this.#isLost = true;
  }

  use(): void {
    this.#uses++;
  }

  /** Ends one use; with the last one, the generation must not be used again. */
  release(): void {
    if (--this.#uses === 0) closeSync(this.#fd);
  }
}
