/** Small writes share a block of this size. */
const BLOCK_BYTES = 64 * 1024;

/** Bytes in order, copied in, in blocks that are worth a write each. */
export class ByteQueue {
  #blocks: { bytes: Uint8Array; used: number }[] = [];
  /** Bytes of the first block that have been taken. */
  #taken = 0;
  #length = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  /** Adds a copy of the bytes. */
  push(bytes: Uint8Array): void {
    this.#length += bytes.byteLength;
    let rest = bytes;
    while (rest.byteLength > 0) {
      let last = this.#blocks.at(-1);
      if (last === undefined || last.used === last.bytes.byteLength) {
        last = { bytes: new Uint8Array(BLOCK_BYTES), used: 0 };
        this.#blocks.push(last);
      }
      const part = rest.subarray(0, last.bytes.byteLength - last.used);
      last.bytes.set(part, last.used);
      last.used += part.byteLength;
      rest = rest.subarray(part.byteLength);
    }
  }

  /** The first bytes, as many as lie together. */
  head(): Uint8Array {
    const first = this.#blocks[0];
    return first === undefined ? new Uint8Array(0) : first.bytes.subarray(this.#taken, first.used);
  }

  /** Removes bytes from the front; not more than head() has. */
  shift(count: number): void {
    this.#length -= count;
    this.#taken += count;
    if (this.#taken < (this.#blocks[0]?.used ?? 0)) return;
    this.#blocks.shift();
    this.#taken = 0;
  }
}
