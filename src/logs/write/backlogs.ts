import type { ContainerStream } from "./container-stream.ts";

/** Bytes that are copied before others get their turn. */
const TURN_BYTES = 1024 * 1024;

/** The streams with a backlog, which take turns. */
export class Backlogs {
  /** The next one to be copied is the first. */
  readonly #streams = new Set<ContainerStream>();

  get isEmpty(): boolean {
    return this.#streams.size === 0;
  }

  add(stream: ContainerStream): void {
    this.#streams.add(stream);
  }

  /** The stream of that name, when it has a backlog. */
  find(name: string): ContainerStream | undefined {
    for (const stream of this.#streams) if (stream.name === name) return stream;
    return undefined;
  }

  /** Copies parts of backlogs in turns, as long as the reader takes them and not for long. */
  catchUp(takes: () => boolean): void {
    for (let copied = 0; copied < TURN_BYTES && takes();) {
      const [stream] = this.#streams;
      if (stream === undefined) return;
      this.#streams.delete(stream);
      const before = stream.backlog.bytes;
      stream.catchUp();
      copied += before - stream.backlog.bytes;
      if (!stream.backlog.isEmpty) this.#streams.add(stream);
    }
  }

  /** Gives up everything; how many bytes that were. */
  clear(): number {
    let bytes = 0;
    for (const stream of this.#streams) bytes += stream.backlog.clear();
    this.#streams.clear();
    return bytes;
  }
}
