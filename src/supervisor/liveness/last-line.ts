import { closeSync } from "node:fs";
import { redacted } from "../../log.ts";
import { readInto, setNonblocking } from "../../sys/pipes.ts";

/** Between two looks at a command that has not ended: what it writes meanwhile waits in its pipe, and costs nothing. */
const LOOK_MILLISECONDS = 50;

/** What is read at one look, and so what a flood can take: a megabyte a second. */
const LOOK_BYTES = 64 * 1024;

/** What is kept to find the last line in. */
const KEPT_BYTES = 2048;
const LONGEST_TEXT = 200;

const buffer = new Uint8Array(new ArrayBuffer(LOOK_BYTES));

/** Reads a pipe slowly, and keeps the last line that has come through it. */
export class LastLine {
  readonly #fd: number;
  readonly #timer: Timer;
  #kept = Buffer.alloc(0);

  constructor(fd: number) {
    this.#fd = fd;
    setNonblocking(fd);
    this.#timer = setInterval(() => this.#look(), LOOK_MILLISECONDS);
  }

  /** Without what is no text, and without secrets; cut where it is long. */
  text(): string {
    this.#look();
    const lines = Bun.stripANSI(this.#kept.toString()).split(/[\r\n]+/);
    const last = lines
      .map((line) => line.replaceAll(/[\p{C}\s]+/gu, " ").trim())
      .findLast((line) => line !== "");
    const text = redacted(last ?? "");
    if (text.length <= LONGEST_TEXT) return text;
    // Where the beginning is lost, it may be the second half of a secret.
    const isWhole = lines.length > 1 || this.#kept.byteLength < KEPT_BYTES;
    return isWhole ? `${text.slice(0, LONGEST_TEXT)}…` : `…${text.slice(-LONGEST_TEXT)}`;
  }

  close(): void {
    clearInterval(this.#timer);
    closeSync(this.#fd);
  }

  #look(): void {
    const count = readInto(this.#fd, buffer, LOOK_BYTES);
    if (count <= 0) return;
    const added = Buffer.concat([this.#kept, buffer.subarray(0, count)]);
    this.#kept = Buffer.from(added.subarray(-KEPT_BYTES));
  }
}
