export const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Bytes of an unfinished line that are held; a longer line is passed on in pieces, each a line of its own. */
export const MAX_LINE = 64 * 1024;

/** First size of the buffer for a held line, which grows and stays from chunk to chunk. */
const FIRST_HOLD = 256;
/** A larger buffer goes with its line. */
const MOST_KEPT = 1024;

const LINE_END = Uint8Array.of(NEWLINE);

/** Takes whole lines, each with its newline; must be done with them when the call returns. */
export interface LineTaker {
  lines(block: Uint8Array): void;
}

/** Cuts a stream of chunks after whole lines: passes complete lines on, holds the unfinished one. */
export class LineSplitter {
  #held: Uint8Array = new Uint8Array(0);
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
    const held = this.#held.subarray(0, this.#heldBytes);
    return held.slice(0, held.at(-1) === CARRIAGE_RETURN ? -1 : held.byteLength);
  }

  /** Adds a chunk and passes on the lines that are complete by now; a large chunk is not copied for that. */
  push(chunk: Uint8Array, taker: LineTaker): void {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    let start = 0;
    if (end > 0 && this.#heldBytes > 0) {
      start = chunk.indexOf(NEWLINE) + 1;
      this.#hold(chunk.subarray(0, start - 1), taker);
      this.#passHeld(taker);
    }
    if (start < end) taker.lines(chunk.subarray(start, end));
    if (end < chunk.byteLength) this.#hold(chunk.subarray(end), taker);
  }

  /** Ends the stream: passes the unfinished line on with a newline. */
  end(taker: LineTaker): void {
    if (this.#heldBytes > 0) this.#passHeld(taker);
  }

  #passHeld(taker: LineTaker): void {
    this.#append(LINE_END);
    const held = this.#held.subarray(0, this.#heldBytes);
    this.#heldBytes = 0;
    if (this.#held.byteLength > MOST_KEPT) this.#held = new Uint8Array(0);
    taker.lines(held);
  }

  /** Adds bytes without a newline to the held line; passes on the pieces of that line above the limit. */
  #hold(bytes: Uint8Array, taker: LineTaker): void {
    let rest = bytes;
    if (this.#heldBytes + rest.byteLength > MAX_LINE) this.#forgetForms();
    while (this.#heldBytes + rest.byteLength > MAX_LINE) {
      const room = MAX_LINE - this.#heldBytes;
      this.#append(rest.subarray(0, room));
      this.#passHeld(taker);
      rest = rest.subarray(room);
    }
    this.#append(rest);
  }

  /** Drops all but the last form of a held line that carriage returns redraw. */
  #forgetForms(): void {
    // A carriage return at the end of the held bytes may be half of a CRLF.
    const start = this.#held.lastIndexOf(CARRIAGE_RETURN, this.#heldBytes - 2) + 1;
    if (this.#heldBytes < 2 || start === 0) return;
    this.#held.copyWithin(0, start, this.#heldBytes);
    this.#heldBytes -= start;
  }

  #append(bytes: Uint8Array): void {
    const size = this.#heldBytes + bytes.byteLength;
    if (this.#held.byteLength < size) {
      const grown = new Uint8Array(Math.max(FIRST_HOLD, size, Math.min(2 * this.#heldBytes, MAX_LINE)));
      grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#heldBytes);
    this.#heldBytes = size;
  }
}
