export interface DownloadProgress {
  /** Bytes of the file that are there. */
  received: number;
  /** Undefined while the server has not told. */
  total: number | undefined;
  /** Bytes that an earlier process had left. */
  resumedFrom: number;
}

const INTERVAL_MILLISECONDS = 100;

/** Calls `listener` at most ten times a second. */
export class Progress {
  readonly #listener: ((progress: DownloadProgress) => void) | undefined;
  #last = Number.NEGATIVE_INFINITY;

  constructor(listener: ((progress: DownloadProgress) => void) | undefined) {
    this.#listener = listener;
  }

  tell(progress: DownloadProgress, always = false): void {
    if (this.#listener === undefined) return;
    const now = performance.now();
    if (!always && now - this.#last < INTERVAL_MILLISECONDS) return;
    this.#last = now;
    this.#listener(progress);
  }
}
