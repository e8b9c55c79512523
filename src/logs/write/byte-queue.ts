/** Bytes of a block, which small writes share. */
const BLOCK_BYTES = 64 * 1024;

/** FIFO of bytes: copies bytes in, gives them back in blocks that are worth one write(2) each. */
export class ByteQueue {
  #blocks: { bytes: Uint8Array; used: number }[] = [];
  /** Bytes of the first block that have been taken. */
  #taken = 0;
  #length = 0;

  /** Bytes in the queue. */
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

  /** The first bytes, as many as one block holds; empty for an empty queue. */
  head(): Uint8Array {
    const first = this.#blocks[0];
    return first === undefined ? new Uint8Array(0) : first.bytes.subarray(this.#taken, first.used);
  }

  /** Removes bytes from the front; at most as many as head() returned. */
  shift(count: number): void {
    this.#length -= count;
    this.#taken += count;
    if (this.#taken < (this.#blocks[0]?.used ?? 0)) return;
    this.#blocks.shift();
    this.#taken = 0;
  }
}
