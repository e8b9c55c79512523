import { ByteQueue } from "./byte-queue.ts";
import { Backlogs } from "./backlogs.ts";
import { ContainerStream, type StreamOutput } from "./container-stream.ts";
import { type BlockFormat, blockFormat, type OutputFormat, type OutputStream } from "../format.ts";
import { UNFINISHED_MS } from "../line-stream.ts";
import { NEWLINE } from "../lines.ts";
import type { LogFile } from "./log-file.ts";
import type { OutputCounts } from "./output-counts.ts";
import { openOutlet, type Outlet } from "./outlet.ts";
import { type Waiter, Waiters } from "./waiters.ts";

/** Bytes that wait in memory before programs without a log file are held back. */
const QUEUE_BYTES = 1024 * 1024;
/** Bytes that wait in memory before what is in a log file waits there. */
const PASS_BYTES = 64 * 1024;
/** Bytes that are formatted at once: the result stays in the CPU's cache. */
const FORMAT_BYTES = 128 * 1024;
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

const defaults = {
  stallMs: STALL_MS,
  goneRetryMs: GONE_RETRY_MS,
  queueBytes: QUEUE_BYTES,
  unfinishedMs: UNFINISHED_MS,
};

/**
 * The container's stdout: whole lines of all programs in one stream. Writes never block. While the reader reads, no line
 * is lost: what a slow reader has not taken yet waits in the log files, and a program without one is slowed down to the
 * reader. Once the reader stalls, lines that no file keeps are skipped.
 */
export class ContainerOutput implements StreamOutput {
  readonly #options: Required<ContainerOptions>;
  readonly #outlet: Outlet;
  readonly #queue = new ByteQueue();
  readonly #own: BlockFormat;
  readonly #waiters = new Waiters();
  readonly #backlogs = new Backlogs();
  /** Flushes that wait for everything to be written. */
  #drained: (() => void)[] = [];
  #timer: Timer | undefined;
  /** drain() is called in this turn of the event loop. */
  #isNext = false;
  #retryMs = FIRST_RETRY_MS;
  #progressAt = 0;
  #isStalled = false;
  #holdsBack = true;
  #goneUntil = 0;
  #skipped = 0;

  constructor(options: ContainerOptions) {
    this.#options = { ...defaults, ...options };
    this.#outlet = openOutlet(options.fd);
    this.#own = blockFormat(options.format, "ai-dock", "stdout");
  }

  /** Opens the way in for a process's stream; what an earlier process of the program has left goes first. */
  open(program: string, stream: OutputStream, counts?: OutputCounts): ContainerStream {
    const name = stream === "stdout" ? program : `${program} (${stream})`;
    const before = this.#backlogs.find(name);
    if (before !== undefined) return before;
    const format = blockFormat(this.#options.format, program, stream);
    return new ContainerStream(this, { name, format, counts, unfinishedMs: this.#options.unfinishedMs });
  }

  /** Writes one line of our own, without its newline; never waits. */
  line(name: string, text: string): void {
    this.put(Buffer.from(`${text}\n`), blockFormat(this.#options.format, name, "stdout"));
  }

  notice(text: string): void {
    this.put(Buffer.from(`${text}\n`), this.#own);
  }

  /** Resolves when everything is written, the reader stalls, or `timeoutMs` has passed. */
  async flush(timeoutMs: number): Promise<void> {
    this.#drain();
    if (this.#isDrained || this.#isStalled) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#drained.push(resolve);
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
  }

  /** Gives up copying what is in log files only; how many bytes that were. */
  giveUp(): number {
    return this.#backlogs.clear();
  }

  /** False switches back-pressure off: memory and log files take everything. */
  set holdsBack(value: boolean) {
    this.#holdsBack = value;
    this.#waiters.admit();
  }

  get hasRoom(): boolean {
    return this.#isStalled || !this.#holdsBack || this.#queue.length < this.#options.queueBytes;
  }

  get canPass(): boolean {
    return !this.#isStalled && this.#backlogs.isEmpty && this.#queue.length < PASS_BYTES;
  }

  fallBehind(stream: ContainerStream): void {
    if (this.#isStalled) this.#isBack();
    this.#backlogs.add(stream);
    this.#retryLater();
  }

  /**
   * True when `file` may get more of a stream: a generation that is not copied yet is not dropped while the reader reads.
   */
  mayWrite(file: LogFile, { backlog }: ContainerStream): boolean {
    if (!this.#holdsBack || (!file.isHeld && !backlog.isFull)) return true;
    if (!this.#isStalled) return false;
    if (backlog.isFull) backlog.giveUp();
    file.release();
    return true;
  }

  /** Resumes the waiter when it can read. */
  wait(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  /** Writes or queues whole lines; false, and they are counted as skipped, while the reader is stalled. */
  put(block: Uint8Array, format: BlockFormat, partial = false): boolean {
    if (this.#isStalled && !this.#isBack()) {
      this.#skipped += block.byteLength;
      return false;
    }
    for (let start = 0; start < block.byteLength;) {
      const most = start + FORMAT_BYTES;
      const end = most < block.byteLength ? block.lastIndexOf(NEWLINE, most) + 1 : block.byteLength;
      const next = end > start ? end : block.indexOf(NEWLINE, most) + 1;
      this.#write(format(block.subarray(start, next), partial));
      start = next;
    }
    return true;
  }

  #write(lines: Uint8Array): void {
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
    return !this.#isStalled;
  }

  get #isDrained(): boolean {
    return this.#queue.length === 0 && this.#backlogs.isEmpty;
  }

  #drain(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isNext = false;
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
    // What was held back goes first: a flush covers that, too.
    this.#waiters.admit();
    this.#backlogs.catchUp(() => this.#queue.length === 0 && !this.#isStalled);
    this.#waiters.admit();
    if (this.#isDrained) {
      for (const resolve of this.#drained.splice(0)) resolve();
      return;
    }
    const isStuck = this.#queue.length > 0 && performance.now() - this.#progressAt >= this.#options.stallMs;
    if (isStuck && !this.#isStalled) this.#stall();
    this.#retryLater();
  }

  #noteProgress(): void {
    this.#progressAt = performance.now();
    this.#retryMs = FIRST_RETRY_MS;
    this.#goneUntil = 0;
    if (!this.#isStalled) return;
    this.#isStalled = false;
    if (this.#skipped === 0) return;
    const notice = `skipped ${this.#skipped} bytes of container output: the reader stalled\n`;
    this.#skipped = 0;
    this.#queue.push(this.#own(Buffer.from(notice)));
  }

  #retryLater(): void {
    if (this.#timer !== undefined || this.#isNext) return;
    if (this.#queue.length === 0 && !this.#isStalled) {
      // The reader takes what comes.
      this.#isNext = true;
      setImmediate(() => this.#drain());
      return;
    }
    this.#timer = setTimeout(() => this.#drain(), this.#isStalled ? STALLED_RETRY_MS : this.#retryMs);
    if (this.#isStalled) this.#timer.unref();
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }

  #loseReader(): void {
    this.#goneUntil = performance.now() + this.#options.goneRetryMs;
    this.#stall();
  }

  #stall(): void {
    this.#isStalled = true;
    for (const resolve of this.#drained.splice(0)) resolve();
    this.#waiters.admit();
  }
}
