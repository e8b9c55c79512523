/** Connections to begin with. */
const FIRST = 8;
/** Twice the connections have to bring so many times the bytes to be worth it. */
const WORTHWHILE = 1.3;
/** After connections have failed, more are tried again so much later. */
export const FAILED_MILLISECONDS = 1000;

/** How many connections a download wants: more while that makes it faster, fewer for some time after some have failed. */
export class ConnectionCount {
  readonly #limit: number;
  #wanted: number;
  #most: number;
  #recoversAt = 0;
  /** Before the last doubling: connections, and bytes a millisecond. Undefined once the number is settled. */
  #last: { wanted: number; rate: number } | undefined;

  constructor(limit: number) {
    this.#limit = limit;
    this.#most = limit;
    this.#wanted = Math.min(FIRST, limit);
    this.#last = { wanted: this.#wanted, rate: 0 };
  }

  get wanted(): number {
    return this.#wanted;
  }

  /** No more than `count` for so long. */
  shrink(count: number, milliseconds: number): void {
    this.#most = count;
    this.#wanted = count;
    this.#recoversAt = Math.max(this.#recoversAt, performance.now() + milliseconds);
  }

  /** Called at regular intervals with the bytes a millisecond of the last one. */
  tick(rate: number): void {
    if (this.#last !== undefined) this.#last = this.#try(this.#last, rate);
    this.#recover();
  }

  /** Doubles the connections, or goes back to as many as before. */
  #try(last: { wanted: number; rate: number }, rate: number): { wanted: number; rate: number } | undefined {
    const wanted = this.#wanted;
    if (rate < last.rate * WORTHWHILE) {
      this.#wanted = Math.min(wanted, last.wanted);
      return undefined;
    }
    if (wanted >= this.#most) return undefined;
    this.#wanted = Math.min(this.#most, wanted * 2);
    return { wanted, rate };
  }

  #recover(): void {
    if (this.#most === this.#limit || performance.now() < this.#recoversAt) return;
    this.#most = Math.min(this.#limit, this.#most * 2);
    this.#wanted = this.#most;
    this.#recoversAt = performance.now() + FAILED_MILLISECONDS;
  }
}
