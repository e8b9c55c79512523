import { MEBIBYTE } from "./limits.ts";

/** Pieces of a file at most, which bounds its journal; larger files have larger pieces. */
const MOST_PIECES = 16_384;
/** A request asks for no more, so that a file is written in order roughly, and checksums find it in the page cache. */
const LONGEST_RUN = 256 * MEBIBYTE;
/** Requests for which each connection should find work. */
const RUNS_A_CONNECTION = 2;

export function pieceBytesFor(size: number): number {
  let bytes = MEBIBYTE;
  while (size / bytes > MOST_PIECES) bytes *= 2;
  return bytes;
}

/** Pieces in a row that one connection fetches; another may take those at its end, up to the one being written. */
export interface Claim {
  /** The piece being written. */
  piece: number;
  /** The piece behind the last one. */
  end: number;
}

/** Which bytes of a file are there: of each piece, so many from its start. Decides who fetches which pieces. */
export class Pieces {
  readonly size: number;
  readonly pieceBytes: number;
  /** Bytes of each piece that are written; shared with the journal. */
  readonly written: Uint32Array;
  readonly #claimed: Uint8Array;
  readonly #claims = new Set<Claim>();
  /** All pieces before it are whole. */
  #front = 0;
  #received = 0;

  constructor(size: number, written: Uint32Array, pieceBytes = pieceBytesFor(size)) {
    this.size = size;
    this.pieceBytes = pieceBytes;
    this.written = written;
    this.#claimed = new Uint8Array(written.length);
    for (const bytes of written) this.#received += bytes;
    this.#moveFront();
  }

  static countFor(size: number, pieceBytes = pieceBytesFor(size)): number {
    return Math.ceil(size / pieceBytes);
  }

  get received(): number {
    return this.#received;
  }

  get isWhole(): boolean {
    return this.#received === this.size;
  }

  /** Bytes from the start of the file without a gap. */
  get front(): number {
    return Math.min(this.size, this.#front * this.pieceBytes + (this.written[this.#front] ?? 0));
  }

  /** The first byte that is not there, and where the next one begins that is; undefined when all is there. */
  get missing(): { offset: number; end: number } | undefined {
    const first = this.#firstFree();
    if (first === undefined) return undefined;
    let end = first + 1;
    while (end < this.written.length && this.written[end] === 0) end++;
    return { offset: this.offsetOf({ piece: first, end }), end: this.endOf({ piece: first, end }) };
  }

  /**
   * The next pieces that nobody has, for one of `connections`: at least `minimumBytes` where there are so many, `runBytes`
   * if that leaves as many for each other one.
   */
  claim(connections: number, minimumBytes: number, runBytes = 0): Claim | undefined {
    const piece = this.#firstFree();
    return piece === undefined
      ? undefined
      : this.#keep(this.#take(piece, connections, minimumBytes, runBytes));
  }

  /** The pieces of a range that an answer brings already, if its first byte is the first one that is missing. */
  claimRange(offset: number, end: number): Claim | undefined {
    const piece = this.#firstFree();
    if (piece === undefined || this.offsetOf({ piece, end: piece + 1 }) !== offset) return undefined;
    let behind = piece + 1;
    while (behind * this.pieceBytes < end && this.#isFree(behind) && this.written[behind] === 0) behind++;
    return this.#keep({ piece, end: behind });
  }

  /**
   * Half of what the one with most work has ahead, if that is so many bytes and `may` says so of that one: its answer will
   * be cut off, and what is under way then was sent in vain.
   */
  steal(minimumBytes: number, may: (victim: Claim) => boolean): Claim | undefined {
    let victim: Claim | undefined;
    for (const claim of this.#claims)
      if (victim === undefined || claim.end - claim.piece > victim.end - victim.piece) victim = claim;
    if (victim === undefined || !may(victim)) return undefined;
    // The piece being written stays; of the others the second half goes.
    const ahead = victim.end - victim.piece - 1;
    const taken = Math.ceil(ahead / 2);
    if (taken === 0 || taken * this.pieceBytes < minimumBytes) return undefined;
    const { end } = victim;
    victim.end -= taken;
    return this.#keep({ piece: victim.end, end });
  }

  #keep(claim: Claim): Claim {
    for (let index = claim.piece; index < claim.end; index++) this.#claimed[index] = 1;
    this.#claims.add(claim);
    return claim;
  }

  /** Gives back what is not written of a claim. */
  release(claim: Claim): void {
    this.#claims.delete(claim);
    for (let index = claim.piece; index < claim.end; index++) this.#claimed[index] = 0;
  }

  /** Where a claim goes on, in bytes; equal to `endOf` when the claim is whole. */
  offsetOf({ piece, end }: Claim): number {
    if (piece >= end) return this.endOf({ piece, end });
    return piece * this.pieceBytes + (this.written[piece] ?? 0);
  }

  endOf({ end }: Claim): number {
    return Math.min(this.size, end * this.pieceBytes);
  }

  /** Notes bytes written at `offsetOf(claim)`, at most up to its end. Returns the range of pieces that changed. */
  advance(claim: Claim, bytes: number): { first: number; last: number } {
    const first = claim.piece;
    let last = first;
    for (let left = bytes; left > 0;) {
      last = claim.piece;
      const had = this.written[last] ?? 0;
      const taken = Math.min(left, this.#lengthOf(last) - had);
      this.written[last] = had + taken;
      left -= taken;
      if (had + taken === this.#lengthOf(last)) claim.piece++;
    }
    this.#received += bytes;
    this.#moveFront();
    return { first, last };
  }

  #lengthOf(piece: number): number {
    return Math.min(this.pieceBytes, this.size - piece * this.pieceBytes);
  }

  #moveFront(): void {
    while (this.#front < this.written.length && this.written[this.#front] === this.#lengthOf(this.#front))
      this.#front++;
  }

  #isFree(piece: number): boolean {
    return this.#claimed[piece] === 0 && (this.written[piece] ?? 0) < this.#lengthOf(piece);
  }

  #firstFree(): number | undefined {
    for (let piece = this.#front; piece < this.written.length; piece++) if (this.#isFree(piece)) return piece;
    return undefined;
  }

  #take(piece: number, connections: number, minimumBytes: number, runBytes: number): Claim {
    const left = (this.size - this.#received) / connections;
    const run = Math.min(LONGEST_RUN, left, Math.max(runBytes, left / RUNS_A_CONNECTION));
    const bytes = Math.max(minimumBytes, run);
    const most = Math.max(1, Math.floor(bytes / this.pieceBytes));
    let end = piece + 1;
    while (end < this.written.length && end - piece < most && this.#isFree(end) && this.written[end] === 0)
      end++;
    return { piece, end };
  }
}
