import type { Generation } from "./generation.ts";

/** Bytes of a log file, by their place. */
interface Range {
  readonly generation: Generation;
  start: number;
  end: number;
}

/** Bytes that are not in a file, a number of bytes that are lost, or the end of one process's output. */
type Piece = Range | Uint8Array | number | "end";

/** Programs that write small pieces in turns to one file make many ranges. */
const MOST_PIECES = 1024;

/** What a stream has still to copy to the container's output: bytes in log files, or in memory where no file took them. */
export class Backlog {
  #pieces: Piece[] = [];
  #bytes = 0;
  #memoryBytes = 0;

  /** Bytes that are still to be copied. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** True when no more should be added: bytes wait in memory, or in too many places. */
  get isFull(): boolean {
    return this.#memoryBytes > 0 || this.#pieces.length >= MOST_PIECES;
  }

  /** Adds the bytes of a generation from `start` up to `end`. */
  add(generation: Generation, start: number, end: number): void {
    this.#bytes += end - start;
    const last = this.#pieces.at(-1);
    if (isRange(last) && last.generation === generation && last.end === start) {
      last.end = end;
      return;
    }
    generation.use();
    this.#pieces.push({ generation, start, end });
  }

  /** Adds a copy of bytes that no file has. */
  addBytes(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    this.#bytes += bytes.byteLength;
    this.#memoryBytes += bytes.byteLength;
    this.#pieces.push(bytes.slice());
  }

  /** The process that wrote all this has ended. */
  addEnd(): void {
    this.#pieces.push("end");
  }

  /** Takes the next bytes, through `buffer` where they are in a file; a number says how many bytes are lost. */
  take(buffer: Uint8Array): Exclude<Piece, Range> {
    const piece = this.#pieces[0] ?? "end";
    if (!isRange(piece)) {
      this.#pieces.shift();
      if (typeof piece === "object") this.#countMemory(-piece.byteLength);
      return piece;
    }
    const wanted = Math.min(buffer.byteLength, piece.end - piece.start);
    const count = piece.generation.read(buffer, wanted, piece.start);
    if (count === 0) {
      this.#lose(0);
      return this.take(buffer);
    }
    piece.start += count;
    this.#bytes -= count;
    if (piece.start === piece.end) {
      this.#pieces.shift();
      piece.generation.release();
    }
    return buffer.subarray(0, count);
  }

  /** Makes room: gives up what waits in memory, or everything where there are too many places. */
  giveUp(): void {
    const isScattered = this.#pieces.length >= MOST_PIECES;
    for (const [index, piece] of this.#pieces.entries())
      if (isScattered || piece instanceof Uint8Array) this.#lose(index);
    if (isScattered)
      this.#pieces = [this.#pieces.reduce<number>((sum, piece) => sum + Number(piece) || sum, 0)];
  }

  /** Gives up everything; how many bytes that were. */
  clear(): number {
    const bytes = this.#bytes;
    for (const index of this.#pieces.keys()) this.#lose(index);
    this.#pieces = [];
    return bytes;
  }

  #lose(index: number): void {
    const piece = this.#pieces[index];
    if (isRange(piece)) {
      const bytes = piece.end - piece.start;
      this.#bytes -= bytes;
      this.#pieces[index] = bytes;
      piece.generation.release();
    } else if (piece instanceof Uint8Array) {
      this.#countMemory(-piece.byteLength);
      this.#pieces[index] = piece.byteLength;
    }
  }

  #countMemory(bytes: number): void {
    this.#bytes += bytes;
    this.#memoryBytes += bytes;
  }
}

function isRange(piece: Piece | undefined): piece is Range {
  return typeof piece === "object" && "generation" in piece;
}
