import { ByteQueue } from "./byte-queue.ts";
import { type BlockFormat, blockFormat, type OutputFormat, type OutputStream } from "../format.ts";
import { isAllOf, LineStream, UNFINISHED_MS } from "../line-stream.ts";
import { openOutlet, type Outlet } from "./outlet.ts";

/** Bytes that wait in memory before programs are held back. */
const QUEUE_BYTES = 1024 * 1024;
/** A reader that takes nothing for this long counts as stalled (design: 2 s). */
const STALL_MS = 2000;
/** Delay of the first retry after EAGAIN; doubled while the pipe stays full, up to LAST_RETRY_MS. */
const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = 16;
/** Interval of retries for a stalled reader. */
const STALLED_RETRY_MS = 500;
/** After EPIPE, how long to wait before trying the output again; checked only when there is output. */
const GONE_RETRY_MS = 1000;

export interface ContainerOptions {
  /** The container's stdout. */
  fd: number;
  format: OutputFormat;
  stallMs?: number;
  goneRetryMs?: number;
  queueBytes?: number;
  unfinishedMs?: number;
}

/** The way of one program's stream into the container's output. */
export interface ContainerStream {
  /** Adds bytes. A returned promise resolves when the queue has room for more. */
  write(chunk: Uint8Array): void | Promise<void>;
  /** Ends the stream; an unfinished line gets its newline. */
  end(): void;
}

const defaults = {
  stallMs: STALL_MS,
  goneRetryMs: GONE_RETRY_MS,
  queueBytes: QUEUE_BYTES,
  unfinishedMs: UNFINISHED_MS,
};
const LINE_END = Buffer.from("\n");

/**
 * The container's stdout: whole lines of all programs in one stream. Writes never block. While the reader reads,
 * no line is lost and programs are slowed down to the reader (back-pressure); once the reader stalls, lines are skipped.
 */
export class ContainerOutput {
  readonly #options: Required<ContainerOptions>;
  readonly #outlet: Outlet;
  readonly #queue = new ByteQueue();
  readonly #own: BlockFormat;
  /** Writes that wait for room, in order. */
  #waiters: (() => void)[] = [];
  /** Flushes that wait for the queue to be empty. */
  #drained: (() => void)[] = [];
  #timer: Timer | undefined;
  #retryMs = FIRST_RETRY_MS;
  #progressAt = 0;
  #stalled = false;
  #holdsBack = true;
  #goneUntil = 0;
  #skipped = 0;

  constructor(options: ContainerOptions) {
    this.#options = { ...defaults, ...options };
    this.#outlet = openOutlet(options.fd);
    this.#own = blockFormat(options.format, "ai-dock", "stdout");
  }

  /**
   * Opens the way in for a program's stream. An unfinished line is shown with a newline, as Docker's log drivers pass
   * nothing on before one; once that line is finished, the whole of it follows unless nothing has changed.
   */
  open(name: string, stream: OutputStream): ContainerStream {
    const format = blockFormat(this.#options.format, name, stream);
    const sink = {
      lines: (block: Uint8Array) => this.#put(block, format),
      unfinished: (form: Uint8Array) => this.#put(Buffer.concat([form, LINE_END]), format, true),
      finished: (line: Uint8Array, shown: Uint8Array) => {
        if (!isAllOf(line, shown)) this.#put(line, format);
      },
      hasRoom: () => this.#hasRoom(),
    };
    const lines = new LineStream(sink, this.#options.unfinishedMs);
    return {
      write: (chunk) => {
        if (this.#hasRoom()) return lines.push(chunk);
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#waiters.push(() => {
          lines.push(chunk);
          resolve();
        });
        return promise;
      },
      end: () => lines.end(),
    };
  }

  /** Writes one line of our own, without its newline; never waits. */
  line(name: string, text: string): void {
    this.#put(Buffer.from(`${text}\n`), blockFormat(this.#options.format, name, "stdout"));
  }

  /** Resolves when the queue is empty, the reader stalls, or `timeoutMs` has passed. */
  async flush(timeoutMs: number): Promise<void> {
    this.#drain();
    if (this.#queue.length === 0 || this.#stalled) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#drained.push(resolve);
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
  }

  /** False switches back-pressure off: the queue takes everything, in memory. */
  set holdsBack(value: boolean) {
    this.#holdsBack = value;
    this.#admit();
  }

  #isFull(): boolean {
    return this.#holdsBack && this.#queue.length >= this.#options.queueBytes;
  }

  #hasRoom(): boolean {
    return this.#stalled || (!this.#isFull() && this.#waiters.length === 0);
  }

  /** Writes or queues whole lines; counts them as skipped while the reader is stalled. */
  #put(block: Uint8Array, format: BlockFormat, partial = false): void {
    if (this.#stalled && !this.#isBack()) {
      this.#skipped += block.byteLength;
      return;
    }
    const lines = format(block, partial);
    let written = 0;
    if (this.#queue.length === 0) {
      try {
        written = this.#outlet.write(lines);
      } catch {
        this.#queue.push(lines);
        return this.#loseReader();
      }
      if (written === lines.byteLength) return;
      this.#progressAt = performance.now();
    }
    this.#queue.push(written === 0 ? lines : lines.subarray(written));
    this.#retryLater();
  }

  /** True when a reader that was gone (EPIPE) reads again. */
  #isBack(): boolean {
    if (this.#goneUntil === 0 || performance.now() < this.#goneUntil) return false;
    this.#drain();
    return !this.#stalled;
  }

  #drain(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      while (this.#queue.length > 0) {
        const written = this.#outlet.write(this.#queue.head());
        if (written === 0) break;
        this.#queue.shift(written);
        this.#noteProgress();
      }
    } catch {
      return this.#loseReader();
    }
    // Held-back writes go first: a flush covers them, too.
    this.#admit();
    if (this.#queue.length === 0) {
      for (const resolve of this.#drained.splice(0)) resolve();
      return;
    }
    if (!this.#stalled && performance.now() - this.#progressAt >= this.#options.stallMs) this.#stall();
    this.#retryLater();
  }

  #noteProgress(): void {
    this.#progressAt = performance.now();
    this.#retryMs = FIRST_RETRY_MS;
    this.#goneUntil = 0;
    if (!this.#stalled) return;
    this.#stalled = false;
    if (this.#skipped === 0) return;
    const notice = `skipped ${this.#skipped} bytes of container output: the reader stalled\n`;
    this.#skipped = 0;
    this.#queue.push(this.#own(Buffer.from(notice)));
  }

  #retryLater(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#drain(), this.#stalled ? STALLED_RETRY_MS : this.#retryMs);
    if (this.#stalled) this.#timer.unref();
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }

  #loseReader(): void {
    this.#goneUntil = performance.now() + this.#options.goneRetryMs;
    this.#stall();
  }

  #stall(): void {
    this.#stalled = true;
    for (const resolve of this.#drained.splice(0)) resolve();
    for (const write of this.#waiters.splice(0)) write();
  }

  /** Admits held-back writes in order while the queue has room. */
  #admit(): void {
    while (this.#waiters.length > 0 && !this.#isFull()) this.#waiters.shift()?.();
  }
}
