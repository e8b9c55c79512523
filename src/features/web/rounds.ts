const GATHER_MILLISECONDS = 50;

/** Runs some work one round after the other: a round begins soon after somebody asked, and never beside another one. */
export class Rounds {
  readonly #work: () => Promise<void>;
  #isAsked = false;
  #isBusy = false;
  #isOver = false;
  #timer: Timer | undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Asks for a round; after some milliseconds, where these are given. */
  ask(milliseconds = GATHER_MILLISECONDS): void {
    if (this.#isOver) return;
    if (this.#isBusy && milliseconds === GATHER_MILLISECONDS) {
      this.#isAsked = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(), milliseconds);
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    this.#isAsked = false;
    try {
      await this.#work();
    } finally {
      this.#isBusy = false;
      if (this.#isAsked) this.ask();
    }
  }
}
