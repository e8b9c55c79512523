import { closeSync, constants, openSync, readSync } from "node:fs";
import { errnoOf } from "../../src/errors.ts";
import { pipe } from "../../src/sys/pipes.ts";

/** A pipe as the container's stdout, and its reader, which takes bytes only when told to. */
export class TestPipe implements Disposable {
  readonly write: number;
  text = "";
  #read: number;

  constructor() {
    const ends = pipe();
    this.write = ends.write;
    this.#read = openSync(`/proc/self/fd/${ends.read}`, constants.O_RDONLY | constants.O_NONBLOCK);
    closeSync(ends.read);
  }

  /** Takes up to that many bytes of what is there now; returns how many. */
  take(bytes = 1024 * 1024): number {
    const buffer = Buffer.alloc(bytes);
    try {
      const count = readSync(this.#read, buffer);
      this.text += buffer.toString("latin1", 0, count);
      return count;
    } catch (error) {
      if (errnoOf(error) === "EAGAIN") return 0;
      throw error;
    }
  }

  /** Takes bytes, a piece per turn, until the condition holds. */
  async takeUntil(condition: () => boolean, bytes?: number): Promise<void> {
    while (!condition()) {
      this.take(bytes);
      await Bun.sleep(1);
    }
    while (this.take() > 0);
  }

  closeReader(): void {
    if (this.#read !== -1) closeSync(this.#read);
    this.#read = -1;
  }

  /** Somebody reads again. */
  openReader(): void {
    this.#read = openSync(`/proc/self/fd/${this.write}`, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  [Symbol.dispose](): void {
    this.closeReader();
    closeSync(this.write);
  }
}
