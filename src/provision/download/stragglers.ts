import type { Connection } from "./connection.ts";
import type { Claim, Pieces } from "./pieces.ts";

/** A rate is that of so long at least. */
const AGE_MILLISECONDS = 2000;
/** What is left of the work of a connection has to take so long by itself. */
const LEFT_MILLISECONDS = 4000;
/** How much slower than the fastest one. */
const TIMES = 8;
/** A new connection is no faster where the server wants it so. */
const MOST = 16;

/**
 * Connections at the end of a file, when there is no more work for others: one that is much slower than these were is
 * opened anew, rather than waited for.
 */
export class Stragglers {
  readonly #pieces: Pieces;
  readonly #open = new Map<Claim, { connection: Connection; at: number; offset: number }>();
  /** Bytes a millisecond of the fastest. */
  #best = 0;
  #left = MOST;
  readonly #dropped = new WeakSet<Claim>();

  constructor(pieces: Pieces) {
    this.#pieces = pieces;
  }

  /** A connection works on a claim from now on. */
  add(claim: Claim, connection: Connection): void {
    this.#open.set(claim, { connection, at: performance.now(), offset: this.#pieces.offsetOf(claim) });
  }

  /** It does no more; true when that was because of `drop`. */
  remove(claim: Claim): boolean {
    this.#best = Math.max(this.#best, this.#rateOf(claim));
    this.#open.delete(claim);
    return this.#dropped.delete(claim);
  }

  /** Ends the slow ones; called when others have nothing to do. */
  drop(): void {
    for (const claim of this.#open.keys()) this.#best = Math.max(this.#best, this.#rateOf(claim));
    for (const [claim, { connection }] of this.#open) {
      const rate = this.#rateOf(claim);
      const left = this.#pieces.endOf(claim) - this.#pieces.offsetOf(claim);
      if (this.#left === 0 || rate * TIMES > this.#best || left < rate * LEFT_MILLISECONDS) continue;
      if (performance.now() - (this.#open.get(claim)?.at ?? 0) < AGE_MILLISECONDS) continue;
      this.#left--;
      this.#dropped.add(claim);
      connection.drop();
    }
  }

  #rateOf(claim: Claim): number {
    const begun = this.#open.get(claim);
    if (begun === undefined) return 0;
    return (this.#pieces.offsetOf(claim) - begun.offset) / Math.max(1, performance.now() - begun.at);
  }
}
