import { formatBytes } from "../../sys/disk.ts";

const EACH_MILLISECONDS = 10_000;
/** How often another container that waits for our lock sees that we are alive. */
const SIGN_MILLISECONDS = 2000;

export interface Amount {
  bytes: number;
  files: number;
}

/** One line now and then about a long copy. */
export class Progress {
  readonly #say: (line: string) => void;
  readonly #sign: () => void;
  readonly #now: () => number;
  #what = "";
  #total: Amount = { bytes: 0, files: 0 };
  #done: Amount = { bytes: 0, files: 0 };
  #skipped = 0;
  #started = 0;
  #said = 0;
  #signed = 0;

  constructor(
    say: (line: string) => void,
    sign: () => void = () => undefined,
    now = () => performance.now(),
  ) {
    this.#say = say;
    this.#sign = sign;
    this.#now = now;
  }

  /** A part of the work begins: "ComfyUI: copied". */
  begin(what: string, total: Amount): void {
    this.#what = what;
    this.#total = total;
    this.#done = { bytes: 0, files: 0 };
    this.#skipped = 0;
    this.#started = this.#said = this.#now();
  }

  /** Some work is done; what `skipped` says was done by an earlier boot, and counts for no rate. */
  add(bytes: number, files = 0, skipped = false): void {
    this.#done.bytes += bytes;
    this.#done.files += files;
    if (skipped) this.#skipped += bytes;
    const now = this.#now();
    if (now - this.#signed >= SIGN_MILLISECONDS) {
      this.#signed = now;
      this.#sign();
    }
    if (now - this.#said < EACH_MILLISECONDS) return;
    this.#said = now;
    this.#say(this.line());
  }

  /** "ComfyUI: copied 42 %, 1.2 GiB of 2.9 GiB, 12034 of 53120 files, 85 MiB/s". */
  line(): string {
    const { bytes, files } = this.#done;
    const part = this.#total.bytes === 0 ? 100 : Math.floor((100 * bytes) / this.#total.bytes);
    const amount = `${formatBytes(bytes)} of ${formatBytes(this.#total.bytes)}`;
    return `${this.#what} ${Math.min(100, part)} %, ${amount}, ${files} of ${this.#total.files} files, ${this.rate()}/s`;
  }

  rate(): string {
    const seconds = Math.max(0.001, (this.#now() - this.#started) / 1000);
    return formatBytes((this.#done.bytes - this.#skipped) / seconds);
  }
}
