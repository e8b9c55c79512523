/** Bytes a second over the last ten seconds, of samples of a count that grows. */
export class Rate {
  readonly #samples: { at: number; bytes: number }[] = [];
  readonly #window: number;

  constructor(windowMilliseconds = 10_000) {
    this.#window = windowMilliseconds;
  }

  /** `at` in milliseconds on any clock that only grows. */
  add(bytes: number, at: number): void {
    this.#samples.push({ at, bytes });
    while (this.#samples.length > 2 && at - (this.#samples[1]?.at ?? at) >= this.#window)
      this.#samples.shift();
  }

  /** Bytes a second, or undefined before there is a second of samples. */
  get perSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < 1000) return undefined;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }
}
