/** A process that stayed up that long is stable: after its next crash it is restarted at once again. */
const STABLE_SECONDS = 60;

const FIRST_DELAY_SECONDS = 0.1;
const LONGEST_DELAY_SECONDS = 30;

/** Counts the attempts to keep one program up, and says how long to wait before the next. */
export class Attempts {
  readonly #retries: number;
  #failures = 0;
  #crashes = 0;

  /** `retries`: attempts to start after the first one (startretries). */
  constructor(retries: number) {
    this.#retries = retries;
  }

  /** A start by request: everything counts from zero. */
  reset(): void {
    this.#failures = 0;
    this.#crashes = 0;
  }

  /** The program is RUNNING. */
  cameUp(): void {
    this.#failures = 0;
  }

  /**
   * The program did not come up. Seconds before the next attempt, 1, 2, 3 … as supervisord has them, but never more than
   * 30; undefined: give up.
   */
  failedToStart(): number | undefined {
    this.#failures++;
    if (this.#failures > this.#retries) return undefined;
    return Math.min(this.#failures, LONGEST_DELAY_SECONDS);
  }

  /** The program had come up, and is to be restarted. Seconds before that: none at first, then doubling up to 30. */
  crashed(uptimeSeconds: number): number {
    this.#crashes = uptimeSeconds >= STABLE_SECONDS ? 1 : this.#crashes + 1;
    if (this.#crashes === 1) return 0;
    return Math.min(FIRST_DELAY_SECONDS * 2 ** (this.#crashes - 2), LONGEST_DELAY_SECONDS);
  }
}
