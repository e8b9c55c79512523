import type { BlockFormat } from "../format.ts";
import { isAllOf, LineStream, type LineSink } from "../line-stream.ts";
import { NEWLINE } from "../lines.ts";
import { Backlog } from "./backlog.ts";
import type { OutputCounts } from "./output-counts.ts";

/** What a stream needs of the container's output. */
export interface StreamOutput {
  /** True while what is not in a file may be written. */
  readonly hasRoom: boolean;
  /** True while what is in a file may be written at once. */
  readonly canPass: boolean;
  /** Writes whole lines; false when they are skipped. */
  put(block: Uint8Array, format: BlockFormat, partial?: boolean): boolean;
  /** Writes a line of our own. */
  notice(text: string): void;
  /** The stream has a backlog. */
  fallBehind(stream: ContainerStream): void;
}

export interface StreamOptions {
  name: string;
  format: BlockFormat;
  unfinishedMs: number;
  counts?: OutputCounts | undefined;
}

/** Bytes of a file that are copied in one go. */
const COPY_BYTES = 128 * 1024;

const LINE_END = Buffer.from("\n");
const copyBuffer = new Uint8Array(COPY_BYTES);

/** The way of one program's stream into the container's output, over all processes of the program. */
export class ContainerStream implements LineSink {
  readonly name: string;
  readonly backlog = new Backlog();
  readonly #output: StreamOutput;
  readonly #format: BlockFormat;
  readonly #lines: LineStream;
  readonly #counts: OutputCounts | undefined;
  /** Bytes that are left out since the last line; the rest of a line follows them. */
  #skipped = 0;

  constructor(output: StreamOutput, { name, format, unfinishedMs, counts }: StreamOptions) {
    this.name = name;
    this.#output = output;
    this.#format = format;
    this.#counts = counts;
    this.#lines = new LineStream(this, unfinishedMs);
  }

  /** True while write() may be called for bytes that are in a file. */
  get canPass(): boolean {
    return this.backlog.isEmpty && this.#output.canPass;
  }

  /** Adds bytes; to be called after everything in the backlog. */
  write(bytes: Uint8Array): void {
    if (this.#skipped === 0) return this.#lines.push(bytes);
    const end = bytes.indexOf(NEWLINE) + 1;
    this.#skip(end === 0 ? bytes.byteLength : end);
    if (end === 0) return;
    this.#output.notice(`skipped ${this.#skipped} bytes of ${this.name}, which its log file has lost`);
    this.#skipped = 0;
    this.#lines.push(bytes.subarray(end));
  }

  /** The output of one process has ended; an unfinished line gets its newline. */
  end(): void {
    if (this.backlog.isEmpty) this.#lines.end();
    else this.backlog.addEnd();
  }

  /** Copies a part of the backlog. */
  catchUp(): void {
    const taken = this.backlog.take(copyBuffer);
    if (taken === "end") this.#lines.end();
    else if (typeof taken === "object") this.write(taken);
    else {
      this.#lines.end();
      this.#skip(taken);
    }
  }

  /** The backlog has got its first bytes. */
  fallBehind(): void {
    this.#output.fallBehind(this);
  }

  /** False while the rest of an unfinished line may be in the backlog. */
  get hasRoom(): boolean {
    return this.backlog.isEmpty && this.#output.hasRoom;
  }

  lines(block: Uint8Array): void {
    this.#put(block);
  }

  /** A newline ends the form that is shown, as Docker's log drivers pass nothing on before one. */
  unfinished(form: Uint8Array): void {
    this.#put(Buffer.concat([form, LINE_END]), true);
  }

  /** The whole of the line follows, unless nothing has changed. */
  finished(line: Uint8Array, shown: Uint8Array): void {
    if (!isAllOf(line, shown)) this.#put(line);
  }

  #put(block: Uint8Array, partial = false): void {
    if (!this.#output.put(block, this.#format, partial)) this.#count(block.byteLength);
  }

  #skip(bytes: number): void {
    this.#skipped += bytes;
    this.#count(bytes);
  }

  #count(bytes: number): void {
    if (this.#counts !== undefined) this.#counts.skipped += bytes;
  }
}
