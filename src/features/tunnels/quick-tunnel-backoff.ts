const FIRST_DELAY_MILLISECONDS = 5000;
const LONGEST_DELAY_MILLISECONDS = 15 * 60_000;

/** Spaces the attempts at quick tunnels, of all together, since Cloudflare counts them by address. */
export class SharedAttempts {
  #failures = 0;
  #next = 0;

  /** When the next attempt may be made, on the caller's clock in milliseconds. */
  get next(): number {
    return this.#next;
  }

  /** No tunnel came of an attempt. */
  failed(now: number): void {
    this.#next = now + Math.min(FIRST_DELAY_MILLISECONDS * 2 ** this.#failures, LONGEST_DELAY_MILLISECONDS);
    this.#failures++;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#next = 0;
  }
}
