/**
 * Gathers lines of our own until the event loop turns: the start of a thousand programs is two lines each, and every write
 * wakes whoever reads the container's output.
 */
export class LineBatch {
  readonly #write: (name: string, lines: string) => void;
  #name = "";
  #lines: string[] = [];
  #turn: NodeJS.Immediate | undefined;

  /** `write` gets the lines of one name, with newlines between them. */
  constructor(write: (name: string, lines: string) => void) {
    this.#write = write;
  }

  add(name: string, line: string): void {
    if (name !== this.#name) this.flush();
    this.#name = name;
    this.#lines.push(line);
    this.#turn ??= setImmediate(() => this.flush());
  }

  /** Writes what is gathered now: before anything that must follow it, and before this process ends. */
  flush(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    if (this.#lines.length === 0) return;
    const lines = this.#lines.join("\n");
    // First, as writing may log.
    this.#lines = [];
    this.#write(this.#name, lines);
  }
}
