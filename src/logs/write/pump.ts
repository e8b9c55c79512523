import { closeSync } from "node:fs";
import type { OutputStream } from "../format.ts";
import type { ContainerOutput } from "./container.ts";
import type { ContainerStream } from "./container-stream.ts";
import { type Limit, limitStream } from "./limit.ts";
import type { LogFile } from "./log-file.ts";
import type { OutputCounts } from "./output-counts.ts";
import { type PipeOwner, readPipe, resumePipe } from "./pipe-reader.ts";
import type { Waiter } from "./waiters.ts";

export interface PumpOptions {
  name: string;
  stream: OutputStream;
  file: LogFile | null;
  container: ContainerOutput | null;
  /** Limit for the copy to the container's output; the file gets everything. */
  limit?: Limit;
  counts?: OutputCounts;
}

/**
 * Copies a program's output from the read end of its pipe to its log file and the container's output, and closes `fd`.
 * Resolves when the last writer has closed the pipe and all bytes are in the file, or where there is none, on their way
 * into the container's output; never rejects.
 */
export function pumpOutput(
  fd: number,
  options: PumpOptions & { onChunk?: (chunk: Uint8Array) => void },
): Promise<void> {
  const { onChunk = () => undefined } = options;
  return new Promise((resolve) => startPump(fd, options, { output: onChunk, outputEnded: resolve }));
}

/** What is told of a pipe. */
export interface OutputListener {
  /** Every chunk, before it is written. */
  output(chunk: Uint8Array): void;
  outputEnded(): void;
}

/** Does the same; `listener` is told in place of a promise. */
export function startPump(fd: number, options: PumpOptions, listener: OutputListener): void {
  readPipe(fd, new Pump(fd, options, listener));
}

/** The bytes of one pipe. */
class Pump implements PipeOwner, Waiter {
  readonly #fd: number;
  readonly #options: PumpOptions;
  readonly #listener: OutputListener;
  #stream: ContainerStream | undefined;
  #copy: Pick<ContainerStream, "write" | "end"> | undefined;

  constructor(fd: number, options: PumpOptions, listener: OutputListener) {
    this.#fd = fd;
    this.#options = options;
    this.#listener = listener;
    options.file?.create();
  }

  canRead(): boolean {
    const { container } = this.#options;
    const stream = this.#openStream();
    if (container === null || stream === undefined) return true;
    const file = this.#lagging;
    const can = file ? container.mayWrite(file, stream) : container.hasRoom && stream.backlog.isEmpty;
    if (!can) container.wait(this);
    return can;
  }

  resume(): void {
    resumePipe(this.#fd);
  }

  take(chunk: Uint8Array): void {
    const { file, counts } = this.#options;
    if (counts !== undefined) counts.written += chunk.byteLength;
    try {
      this.#listener.output(chunk);
    } catch {
      // An error of an observer must not end the output.
    }
    const stream = this.#openStream();
    const isLate = stream?.backlog.isEmpty === false || (this.#lagging !== null && stream?.canPass === false);
    if (stream !== undefined && isLate) {
      file?.write(chunk, stream.backlog);
      stream.fallBehind();
    } else {
      file?.write(chunk);
      this.#copy?.write(chunk);
    }
  }

  end(): void {
    closeSync(this.#fd);
    this.#copy?.end();
    this.#listener.outputEnded();
  }

  /** Opened by the first byte: many programs never write one. */
  #openStream(): ContainerStream | undefined {
    const { container, name, stream, limit, counts } = this.#options;
    if (this.#stream !== undefined || container === null) return this.#stream;
    this.#stream = container.open(name, stream, counts);
    const onSkip = (bytes: number) => {
      if (counts !== undefined) counts.skipped += bytes;
    };
    this.#copy = limit === undefined ? this.#stream : limitStream(this.#stream, limit, { onSkip });
    return this.#stream;
  }

  /** The log file in which bytes can wait for their copy. */
  get #lagging(): LogFile | null {
    const { file } = this.#options;
    return file?.canBuffer === true && this.#copy === this.#stream ? file : null;
  }
}
