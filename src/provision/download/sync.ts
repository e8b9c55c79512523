import { setTimeout as delay } from "node:timers/promises";

const INTERVAL_MILLISECONDS = 1000;
/** Disks that are slow to sync do so for at most this share of the time. */
const SHARE = 0.25;

/**
 * Calls `sync` again and again until it is told to stop. A failed one, of a disk that is full or gone, is thrown when it
 * is told to stop; `onFailure` hears of it at once.
 */
export class Syncing {
  readonly #stopped = new AbortController();
  readonly #loop: Promise<unknown>;

  constructor(sync: () => Promise<void>, onFailure: () => void) {
    this.#loop = this.#run(sync).catch((error: unknown) => {
      onFailure();
      return error;
    });
  }

  /** Resolves when no sync runs any more, to the error of a failed one. */
  async stop(): Promise<unknown> {
    this.#stopped.abort();
    return await this.#loop;
  }

  async #run(sync: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopped;
    for (let wait = INTERVAL_MILLISECONDS; ;) {
      await delay(wait, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const started = performance.now();
      await sync();
      wait = Math.max(INTERVAL_MILLISECONDS, (performance.now() - started) / SHARE);
    }
  }
}
