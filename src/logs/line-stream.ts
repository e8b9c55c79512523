import { LineSplitter, type LineTaker, NEWLINE } from "./lines.ts";

/** How old an unfinished line gets before it is shown, and the time between two of its forms. */
export const UNFINISHED_MS = 1000;
/** The time between two looks at a line that only grows, such as a row of dots, doubles up to this one. */
const SLOWEST_MS = 60_000;

const CARRIAGE_RETURN = 0x0d;

/** Where the lines of one stream go. */
export interface LineSink {
  /** Whole lines, each with its newline. */
  lines(block: Uint8Array): void;
  /** An unfinished line as it looks now, without a newline. `last` is the form that was shown before. */
  unfinished(form: Uint8Array, last: Uint8Array | undefined): void;
  /** The last form of a line, with its newline, after `shown` was shown of that line. */
  finished(line: Uint8Array, shown: Uint8Array): void;
  /** False: this is no moment to show an unfinished line; the stream asks again later. */
  readonly hasRoom?: boolean;
}

/**
 * Cuts a stream into lines and shows those that stay unfinished: a prompt, a progress bar that redraws its line by
 * carriage returns. Such a line is shown once it is a second old, then in its latest form at most once a second.
 */
export class LineStream implements LineTaker {
  readonly #sink: LineSink;
  readonly #delayMs: number;
  readonly #splitter = new LineSplitter();
  #timer: Timer | undefined;
  /** When the unfinished line began, on the clock of performance.now(). */
  #since = 0;
  /** What was last shown of the unfinished line. */
  #shown: Uint8Array | undefined;
  #pauseMs: number;

  constructor(sink: LineSink, delayMs = UNFINISHED_MS) {
    this.#sink = sink;
    this.#delayMs = delayMs;
    this.#pauseMs = delayMs;
  }

  /** Adds bytes; the sink must be done with what it gets when it returns. */
  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk, this);
    if (this.#splitter.isEmpty) return;
    if (this.#since === 0) this.#since = performance.now();
    if (this.#timer === undefined) this.#wait(this.#pauseMs);
  }

  /** Passes the unfinished line on with a newline, and watches it no more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#splitter.end(this);
  }

  /** Passes whole lines on. */
  lines(block: Uint8Array): void {
    const shown = this.#shown;
    this.#since = 0;
    this.#shown = undefined;
    this.#pauseMs = this.#delayMs;
    if (shown === undefined) return this.#sink.lines(block);
    const end = block.indexOf(NEWLINE) + 1;
    this.#sink.finished(latestForm(block.subarray(0, end)), shown);
    if (end < block.byteLength) this.#sink.lines(block.subarray(end));
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => this.#look(), ms);
    this.#timer.unref();
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#splitter.isEmpty) return;
    const left = this.#since + this.#delayMs - performance.now();
    // A flood leaves another unfinished line at every look.
    if (left > 0) return this.#wait(left);
    if (this.#sink.hasRoom === false) return this.#wait(this.#delayMs);
    this.#show(this.#splitter.latest());
  }

  #show(form: Uint8Array): void {
    if (form.byteLength === 0) return;
    const last = this.#shown;
    const grows = last !== undefined && startsWith(form, last);
    if (grows && form.byteLength === last.byteLength) return;
    this.#pauseMs = grows ? Math.min(2 * this.#pauseMs, SLOWEST_MS) : this.#delayMs;
    this.#shown = form;
    this.#sink.unfinished(form, last);
  }
}

/** True when `bytes` begin with `head`. */
export function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, head.byteLength), head) === 0;
}

/** True when a finished line says no more than what was shown of it. */
export function isAllOf(line: Uint8Array, shown: Uint8Array): boolean {
  const end = line.at(-2) === CARRIAGE_RETURN ? 2 : 1;
  return line.byteLength - end === shown.byteLength && startsWith(line, shown);
}

/** The part of a line after the last carriage return that something follows but the end of the line. */
function latestForm(line: Uint8Array): Uint8Array {
  const beforeEnd = line.at(-2) === CARRIAGE_RETURN ? line.byteLength - 3 : line.byteLength - 2;
  return line.subarray(line.lastIndexOf(CARRIAGE_RETURN, beforeEnd) + 1);
}
