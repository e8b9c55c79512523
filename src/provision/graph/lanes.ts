/** Runs actions within limits: as many at a time as a lane is wide, in the order in which they came. */
export class Lanes {
  readonly #widthOf: (lane: string) => number;
  readonly #running = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(widthOf: (lane: string) => number) {
    this.#widthOf = widthOf;
  }

  /** Runs an action when the lane has room. */
  async run<Result>(lane: string, action: () => Promise<Result>): Promise<Result> {
    await this.#enter(lane);
    try {
      return await action();
    } finally {
      this.#leave(lane);
    }
  }

  async #enter(lane: string): Promise<void> {
    const running = this.#running.get(lane) ?? 0;
    if (running < this.#widthOf(lane)) {
      this.#running.set(lane, running + 1);
      return;
    }
    const turn = Promise.withResolvers<void>();
    const queue = this.#waiting.get(lane) ?? [];
    queue.push(turn.resolve);
    this.#waiting.set(lane, queue);
    await turn.promise;
  }

  /** The place goes to who has waited longest: the number of those that run stays. */
  #leave(lane: string): void {
    const next = this.#waiting.get(lane)?.shift();
    if (next === undefined) this.#running.set(lane, (this.#running.get(lane) ?? 1) - 1);
    else next();
  }
}
