import { read } from "node:fs";
import { promisify } from "node:util";
import { MEBIBYTE } from "./limits.ts";

const readAt = promisify(read);

/**
 * The SHA-256 of a file that is being written: follows the bytes that are there without a gap, while the page cache has
 * them, so that hardly anything is left to read when the last byte has come.
 */
export class Checksum {
  readonly #fd: number;
  readonly #hasher = new Bun.CryptoHasher("sha256");
  readonly #buffer = Buffer.alloc(MEBIBYTE);
  #front = 0;
  #done = 0;
  #running: Promise<void> | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** A chunk has been written at `offset`, and everything before `front` is final. Never throws; a failed read shows in `finish`. */
  wrote(chunk: Uint8Array, offset: number, front: number): void {
    if (offset === this.#done && this.#running === undefined) {
      this.#hasher.update(chunk);
      this.#done += chunk.byteLength;
    }
    this.advance(front);
  }

  /** Everything before `front` is final. */
  advance(front: number): void {
    this.#front = front;
    if (front - this.#done < MEBIBYTE) return;
    this.#running ??= this.#follow(MEBIBYTE).then(
      () => (this.#running = undefined),
      () => undefined,
    );
  }

  /** The checksum of the first `size` bytes, in hexadecimal. Throws with an errno `code`. */
  async finish(size: number, signal: AbortSignal): Promise<string> {
    await this.#running;
    this.#front = size;
    await this.#follow(1, signal);
    return this.#hasher.digest("hex");
  }

  async #follow(least: number, signal?: AbortSignal): Promise<void> {
    while (this.#front - this.#done >= least) {
      signal?.throwIfAborted();
      const wanted = Math.min(this.#front - this.#done, this.#buffer.byteLength);
      const { bytesRead } = await readAt(this.#fd, this.#buffer, 0, wanted, this.#done);
      if (bytesRead === 0) throw new Error(`the file ends at byte ${this.#done}`);
      this.#hasher.update(this.#buffer.subarray(0, bytesRead));
      this.#done += bytesRead;
    }
  }
}
