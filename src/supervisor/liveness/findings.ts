import type { FactValue } from "../../programs/spec.ts";

/** What the checks of a program have found, over all its processes; for `status`. */
export class Findings {
  /** Failed checks in a row. */
  failures = 0;
  #hangs = 0;
  #successes = 0;
  #limit = 0;
  #last: { why: string; at: string } | undefined;
  #obstacle: string | undefined;

  /** The checks begin, or begin anew; `limit` failures in a row count as a hang. */
  begin(limit: number): void {
    this.failures = 0;
    this.#limit = limit;
    this.#obstacle = undefined;
  }

  succeeded(): void {
    this.#successes++;
    this.failures = 0;
    this.#obstacle = undefined;
  }

  /** True when that many in a row mean that the program hangs. */
  failed(why: string): boolean {
    this.failures++;
    this.#last = { why, at: new Date().toISOString().replace(/\.\d+/, "") };
    this.#obstacle = undefined;
    const isHang = this.failures >= this.#limit;
    if (isHang) this.#hangs++;
    return isHang;
  }

  /** The program cannot be checked. True when the reason is another one than the last time. */
  unknown(why: string): boolean {
    const isNew = this.#obstacle !== why;
    this.#obstacle = why;
    return isNew;
  }

  /** What the last failed check has found. */
  get lastFailure(): string {
    return this.#last?.why ?? "";
  }

  /** How the process that runs fares, in words; null where there is nothing to say. */
  get note(): string | null {
    if (this.#obstacle !== undefined) return `not checked: ${this.#obstacle}`;
    if (this.#last === undefined) return null;
    const { why, at } = this.#last;
    if (this.failures > 0) return `check failed ${this.failures} of ${this.#limit} times: ${why}`;
    if (this.#hangs === 0) return null;
    return `hung ${this.#hangs === 1 ? "once" : `${this.#hangs} times`}, last at ${at}: ${why}`;
  }

  get facts(): Record<string, FactValue> {
    return {
      hangs: this.#hangs,
      successful_checks: this.#successes,
      failed_checks: this.failures,
      last_failure: this.#last?.why ?? null,
      last_failure_at: this.#last?.at ?? null,
    };
  }
}
