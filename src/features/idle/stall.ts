/** How often it is looked whether anything runs. */
const TICK_MILLISECONDS = 1000;

/** Notices that nothing could run for some time, as while a container is paused. */
export class Stall {
  readonly #now: () => number;
  readonly #timer: Timer;
  #last: number;
  #longest = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.#last = now();
    this.#timer = setInterval(() => this.#tick(), TICK_MILLISECONDS).unref();
  }

  /** Ends that: the longest time without a sign of life, in milliseconds, beyond what is usual. */
  end(): number {
    clearInterval(this.#timer);
    this.#tick();
    return this.#longest;
  }

  #tick(): void {
    const now = this.#now();
    this.#longest = Math.max(this.#longest, now - this.#last - TICK_MILLISECONDS);
    this.#last = now;
  }
}
