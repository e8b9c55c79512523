import { closeSync } from "node:fs";
import type { OutputStream } from "../format.ts";
import type { ContainerOutput } from "./container.ts";
import type { ContainerStream } from "./container-stream.ts";
import { type Limit, limitStream } from "./limit.ts";
import type { LogFile } from "./log-file.ts";
import { type PipeOwner, readPipe, resumePipe } from "./pipe-reader.ts";
import type { Waiter } from "./waiters.ts";

export interface PumpOptions {
  name: string;
  stream: OutputStream;
  file: LogFile | null;
  container: ContainerOutput | null;
  /** Limit for the copy to the container's output; the file gets everything. */
  limit?: Limit;
  /** Called with every chunk before the chunk is written. */
  onChunk?: (chunk: Uint8Array) => void;
}

/**
 * Copies a program's output from the read end of its pipe to its log file and the container's output, and closes `fd`.
 * Resolves when the last writer has closed the pipe and all bytes are in the file, or where there is none, on their way
 * into the container's output; never rejects.
 */
export function pumpOutput(fd: number, options: PumpOptions): Promise<void> {
  return new Promise((resolve) => readPipe(fd, new Pump(fd, options, resolve)));
}

/** The bytes of one pipe. */
class Pump implements PipeOwner, Waiter {
  readonly #fd: number;
  readonly #file: LogFile | null;
  readonly #container: ContainerOutput | null;
  readonly #stream: ContainerStream | undefined;
  readonly #copy: Pick<ContainerStream, "write" | "end"> | undefined;
  readonly #onChunk: PumpOptions["onChunk"];
  readonly #ended: () => void;

  constructor(fd: number, { name, stream, file, container, limit, onChunk }: PumpOptions, ended: () => void) {
    this.#fd = fd;
    this.#file = file;
    this.#container = container;
    this.#stream = container?.open(name, stream);
    this.#copy = this.#stream && limit ? limitStream(this.#stream, limit) : this.#stream;
    this.#onChunk = onChunk;
    this.#ended = ended;
    file?.open();
  }

  canRead(): boolean {
    const [container, stream] = [this.#container, this.#stream];
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
    try {
      this.#onChunk?.(chunk);
    } catch {
      // An error of an observer must not end the output.
    }
    const [file, stream] = [this.#file, this.#stream];
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
    this.#ended();
  }

  /** The log file in which bytes can wait for their copy. */
  get #lagging(): LogFile | null {
    return this.#file?.canBuffer === true && this.#copy === this.#stream ? this.#file : null;
  }
}
