/** Something that is held back, and asked again whenever the container's output has got further. */
export interface Waiter {
  canRead(): boolean;
  resume(): void;
}

/** All that is held back, in the order in which it came. */
export class Waiters {
  readonly #waiters = new Set<Waiter>();

  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  /** Resumes those that can go on. */
  admit(): void {
    const waiters = [...this.#waiters];
    for (const waiter of waiters) {
      if (!waiter.canRead()) continue;
      this.#waiters.delete(waiter);
      waiter.resume();
    }
  }
}
