export const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Bytes of an unfinished line that are held; a longer line is passed on in pieces, each a line of its own. */
export const MAX_LINE = 64 * 1024;

/** First size of the buffer for a held line, which grows and stays from chunk to chunk. */
const FIRST_HOLD = 256;

const nothing = new Uint8Array(0);

/** Cuts a stream of chunks after whole lines: returns complete lines, holds the unfinished one. */
export class LineSplitter {
  #held: Uint8Array | null = null;
  #heldBytes = 0;

  /** True when no line is unfinished. */
  get isEmpty(): boolean {
    return this.#heldBytes === 0;
  }

  /**
   * The unfinished line as a terminal would show it: what follows the last carriage return that was followed by
   * anything. Earlier forms are forgotten. The bytes are a copy.
   */
  latest(): Uint8Array {
    this.#forgetForms();
    const held = this.#held?.subarray(0, this.#heldBytes) ?? nothing;
    return held.slice(0, held.at(-1) === CARRIAGE_RETURN ? -1 : held.byteLength);
  }

  /** Adds a chunk and returns the lines that are complete by now, newlines included; empty while there is none. */
  push(chunk: Uint8Array): Uint8Array {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (this.#heldBytes === 0 && end > 0) {
      if (end === chunk.byteLength) return chunk;
      const rest = this.#hold(chunk.subarray(end));
      return rest === nothing ? chunk.subarray(0, end) : Buffer.concat([chunk.subarray(0, end), rest]);
    }
    if (end === 0) return this.#hold(chunk);
    const first = chunk.indexOf(NEWLINE) + 1;
    const head = this.#hold(chunk.subarray(0, first - 1));
    const parts = [head, this.#release(), chunk.subarray(first - 1, end)];
    parts.push(this.#hold(chunk.subarray(end)));
    return Buffer.concat(parts);
  }

  /** Ends the stream: returns the unfinished line with a newline, or nothing. */
  end(): Uint8Array {
    return this.#heldBytes === 0 ? nothing : Buffer.concat([this.#release(), Uint8Array.of(NEWLINE)]);
  }

  #release(): Uint8Array {
    const held = this.#held?.subarray(0, this.#heldBytes) ?? nothing;
    this.#held = null;
    this.#heldBytes = 0;
    return held;
  }

  /** Adds bytes without a newline to the held line; returns the pieces of that line above the limit. */
  #hold(bytes: Uint8Array): Uint8Array {
    const pieces: Uint8Array[] = [];
    let rest = bytes;
    if (this.#heldBytes + rest.byteLength > MAX_LINE) this.#forgetForms();
    while (this.#heldBytes + rest.byteLength > MAX_LINE) {
      const room = MAX_LINE - this.#heldBytes;
      pieces.push(this.#release(), rest.subarray(0, room), Uint8Array.of(NEWLINE));
      rest = rest.subarray(room);
    }
    this.#append(rest);
    return pieces.length === 0 ? nothing : Buffer.concat(pieces);
  }

  /** Drops all but the last form of a held line that carriage returns redraw. */
  #forgetForms(): void {
    // A carriage return at the end of the held bytes may be half of a CRLF.
    const start = (this.#held?.lastIndexOf(CARRIAGE_RETURN, this.#heldBytes - 2) ?? -1) + 1;
    if (this.#heldBytes < 2 || start === 0) return;
    this.#held?.copyWithin(0, start, this.#heldBytes);
    this.#heldBytes -= start;
  }

  #append(bytes: Uint8Array): void {
    const size = this.#heldBytes + bytes.byteLength;
    if (size === 0) return;
    if (this.#held === null || this.#held.byteLength < size) {
      const grown = new Uint8Array(Math.max(FIRST_HOLD, size, Math.min(2 * this.#heldBytes, MAX_LINE)));
      if (this.#held !== null) grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#heldBytes);
    this.#heldBytes = size;
  }
}
