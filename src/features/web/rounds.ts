const GATHER_MILLISECONDS = 50;
/** A round is followed by a rest of so many times its own length: whoever causes rounds gets a fifth of the time at most. */
const REST_FACTOR = 4;
const LONGEST_REST_MILLISECONDS = 2000;

/** Runs some work one round after the other: a round begins soon after somebody asked, and never beside another one. */
export class Rounds {
  readonly #work: () => Promise<void>;
  #isBusy = false;
  #isOver = false;
  #timer: Timer | undefined;
  /** When the next round is due, on the clock of performance.now(); undefined where nobody asked. */
  #due: number | undefined;
  #restUntil = 0;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Asks for a round; after some milliseconds, where these are given. A round that is due earlier stays so. */
  ask(milliseconds = GATHER_MILLISECONDS): void {
    const due = performance.now() + milliseconds;
    if (this.#isOver || (this.#due !== undefined && this.#due <= due)) return;
    this.#due = due;
    if (!this.#isBusy) this.#arm(due);
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #arm(due: number): void {
    clearTimeout(this.#timer);
    const wait = Math.max(due, this.#restUntil) - performance.now();
    this.#timer = setTimeout(() => void this.#run(), Math.max(0, wait));
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    this.#due = undefined;
    const start = performance.now();
    try {
      await this.#work();
    } finally {
      this.#isBusy = false;
      const now = performance.now();
      this.#restUntil = now + Math.min(REST_FACTOR * (now - start), LONGEST_REST_MILLISECONDS);
      if (this.#due !== undefined && !this.#isOver) this.#arm(this.#due);
    }
  }
}
