const NEWLINE = 0x0a;

/**
 * So many characters of a line a pattern is tried on: the time of one like `\d+ it/s` grows with their square, and output
 * is the choice of whoever runs the program.
 */
const LONGEST_LINE = 4096;

/** Looks for a line that matches, in output that comes in pieces. What a carriage return redraws is a line of its own. */
export class LineFinder {
  readonly #pattern: RegExp;
  #decoder = new TextDecoder();
  #rest = "";
  #isFound = false;
  /** Output goes on in the middle of a line whose beginning was not looked at. */
  #isInside = false;

  constructor(pattern: RegExp) {
    this.#pattern = pattern;
  }

  /** A line has matched since the last lookAgain(). Until the next one, output costs nothing. */
  get isFound(): boolean {
    return this.#isFound;
  }

  lookAgain(): void {
    this.#isFound = false;
  }

  /** Takes output. True when a line in it matches and none did before. */
  take(chunk: Uint8Array): boolean {
    if (this.#isFound || this.#isInside) {
      const isOpen = chunk.at(-1) !== NEWLINE;
      const end = this.#isFound ? -1 : chunk.indexOf(NEWLINE);
      this.#isInside = end === -1 && isOpen;
      return end !== -1 && this.take(chunk.subarray(end + 1));
    }
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split(/[\r\n]/);
    this.#rest = (lines.pop() ?? "").slice(0, LONGEST_LINE + 1);
    if (!lines.some((line) => this.#pattern.test(cut(line)))) return false;
    this.#isFound = true;
    this.#isInside = this.#rest !== "";
    this.#rest = "";
    this.#decoder = new TextDecoder();
    return true;
  }
}

/** A line that goes on does not end at the cut, for patterns with a `$`. */
const cut = (line: string) => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line);
