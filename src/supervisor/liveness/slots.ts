/** Lets so many do something at once, or for a time; all others wait, first come, first served. */
export class Slots {
  #free: number;
  readonly #milliseconds: number;
  readonly #waiting = new Set<() => void>();

  /** A slot that is not given back within `milliseconds` is free again. */
  constructor(count: number, milliseconds: number) {
    this.#free = count;
    this.#milliseconds = milliseconds;
  }

  /** Resolves to what gives the slot back; to undefined when `signal` aborts before there is one. */
  async take(signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined;
    if (this.#free > 0) {
      this.#free--;
      return this.#slot();
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const go = () => resolve(true);
    const leave = () => {
      if (this.#waiting.delete(go)) resolve(false);
    };
    this.#waiting.add(go);
    signal.addEventListener("abort", leave, { once: true });
    const isMine = await promise;
    signal.removeEventListener("abort", leave);
    return isMine ? this.#slot() : undefined;
  }

  #slot(): () => void {
    let isMine = true;
    const giveBack = () => {
      clearTimeout(timer);
      if (isMine) this.#next();
      isMine = false;
    };
    const timer = setTimeout(giveBack, this.#milliseconds).unref();
    return giveBack;
  }

  #next(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
