const FIRST_SIZE = 1024;

/** Where each of many lines begins, in rows: sums that are renewed only from the first change on. */
export class Heights {
  readonly #rowsOf: (index: number) => number;
  /** One more than there are lines. */
  #tops = new Float64Array(FIRST_SIZE);
  #known = 0;
  #count = 0;

  constructor(rowsOf: (index: number) => number) {
    this.#rowsOf = rowsOf;
  }

  /** The height of a line is not what it was, nor is the place of those behind. */
  forget(index: number): void {
    this.#known = Math.min(this.#known, Math.max(0, index));
  }

  /** Brings the sums up to date with so many lines; returns all their rows. */
  layOut(count: number): number {
    if (this.#tops.length <= count) {
      const grown = new Float64Array(2 * count);
      grown.set(this.#tops);
      this.#tops = grown;
    }
    for (let index = Math.min(this.#known, count); index < count; index++)
      this.#tops[index + 1] = (this.#tops[index] ?? 0) + this.#rowsOf(index);
    this.#known = count;
    this.#count = count;
    return this.top(count);
  }

  /** The row where a line begins. */
  top(index: number): number {
    return this.#tops[index] ?? 0;
  }

  /** The line at a row, by bisection. */
  lineAt(row: number): number {
    let [low, high] = [0, Math.max(0, this.#count - 1)];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.top(middle) <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** What a terminal shows in two columns though it is one unit of a string: CJK. */
const WIDE = /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60]/g;
// oxlint-disable-next-line no-control-regex
const ASCII = /^[\0-\u007F]*$/;

/** True for a text whose every character is one column wide. */
export function isAscii(text: string): boolean {
  return ASCII.test(text);
}

/** Columns of a text, nearly: emoji are two units and two columns. */
export function widthOf(text: string): number {
  return isAscii(text) ? text.length : text.length + (text.match(WIDE)?.length ?? 0);
}
