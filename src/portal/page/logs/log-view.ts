import { Heights, isAscii, widthOf } from "./heights.ts";
import { fillRow, prefixWidth, type RowOptions } from "./row.ts";
import type { Line, LineSink } from "./terminal.ts";

/** Lines that are kept; the oldest go, a tenth at once. */
const MOST_LINES = 200_000;
/** Rows beyond the edges of the view, so that scrolling shows no gap. */
const OVERSCAN_ROWS = 20;
const NEAR_END_PIXELS = 30;
const PADDING_PIXELS = 24;

interface Drawn {
  line: Line;
  version: number;
  row: HTMLElement;
}

/** Draws the lines that are in view, of as many as there are; the others are numbers only. */
export class LogView implements LineSink {
  readonly #box: HTMLElement;
  readonly #space = div("log-space");
  readonly #rows = div("log-rows");
  readonly #onEnd: (atEnd: boolean) => void;
  readonly #observer = new ResizeObserver(() => this.#measure());
  readonly #heights = new Heights((index) => this.#rowsOf(this.#lines[index]));
  /** Rows that lines were seen to take, where that is not what was reckoned. */
  readonly #seen = new WeakMap<Line, { version: number; columns: number; rows: number }>();
  #lines: Line[] = [];
  /** The number of the first line. */
  #base = 0;
  #drawn: Drawn[] = [];
  /** The index of the first line drawn. */
  #first = 0;
  #columns = 80;
  #rowHeight = 18;
  #options: RowOptions = { wrap: true, times: false, names: [] };
  #frame = 0;
  #atEnd = true;
  /** The number of a line that stands out. */
  #marked: number | undefined;

  /** `onEnd` is told when the view comes to the end of the lines, or leaves that. */
  constructor(box: HTMLElement, onEnd: (atEnd: boolean) => void) {
    this.#box = box;
    this.#onEnd = onEnd;
    this.#space.append(this.#rows);
    box.replaceChildren(this.#space);
    box.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#observer.observe(box);
  }

  close(): void {
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  get size(): number {
    return this.#lines.length;
  }

  add(line: Line): void {
    line.number = this.#base + this.#lines.length;
    this.#lines.push(line);
    if (this.#lines.length > MOST_LINES) this.#dropOldest(MOST_LINES / 10);
    this.#draw();
  }

  changed({ number }: Line): void {
    this.#heights.forget(number - this.#base);
    this.#draw();
  }

  set(options: RowOptions): void {
    this.#options = options;
    this.#measure();
    this.#redraw();
  }

  toEnd(): void {
    this.#leaveEnd(true);
    this.#draw();
  }

  /** Marks the line that comes next. */
  markNext(): void {
    this.#marked = this.#base + this.#lines.length;
  }

  /** Brings the marked line into view. */
  goToMark(): void {
    if (this.#marked !== undefined) this.#goTo(this.#marked - this.#base, this.#box.clientHeight / 3);
  }

  /** Brings the line to the top that so many lines follow. */
  goToFromEnd(count: number): void {
    this.#goTo(Math.max(0, this.#lines.length - count), 0);
  }

  #goTo(index: number, above: number): void {
    this.#leaveEnd(false);
    // The space has its height only then.
    this.#paint();
    this.#box.scrollTop = this.#heights.top(index) * this.#rowHeight - above;
    this.#draw();
  }

  #leaveEnd(atEnd: boolean): void {
    if (atEnd !== this.#atEnd) this.#onEnd(atEnd);
    this.#atEnd = atEnd;
  }

  #scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    this.#leaveEnd(scrollHeight - scrollTop - clientHeight < NEAR_END_PIXELS);
    this.#draw();
  }

  #measure(): void {
    const probe = div("log-row");
    probe.append(div("log-probe"));
    const [text] = probe.children;
    if (text === undefined) return;
    text.textContent = "0".repeat(100);
    this.#rows.append(probe);
    const { width, height } = text.getBoundingClientRect();
    probe.remove();
    if (width === 0) return;
    this.#rowHeight = height;
    this.#columns = Math.max(20, Math.floor((this.#box.clientWidth - PADDING_PIXELS) / (width / 100)));
    this.#heights.forget(0);
    this.#draw();
  }

  #rowsOf(line: Line | undefined): number {
    if (line === undefined || !this.#options.wrap) return 1;
    const seen = this.#seen.get(line);
    if (seen?.version === line.version && seen.columns === this.#columns) return seen.rows;
    return Math.max(1, Math.ceil((prefixWidth(line, this.#options) + widthOf(line.text)) / this.#columns));
  }

  /** In the next frame, once for all that has changed until then. */
  #draw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #paint(): void {
    const rows = this.#heights.layOut(this.#lines.length);
    this.#space.style.height = `${rows * this.#rowHeight}px`;
    if (this.#atEnd) this.#box.scrollTop = this.#box.scrollHeight;
    const top = this.#box.scrollTop / this.#rowHeight;
    const first = this.#heights.lineAt(top - OVERSCAN_ROWS);
    const last = this.#heights.lineAt(top + this.#box.clientHeight / this.#rowHeight + OVERSCAN_ROWS);
    this.#show(first, Math.min(last + 1, this.#lines.length));
    this.#look();
    this.#rows.style.transform = `translateY(${this.#heights.top(first) * this.#rowHeight}px)`;
  }

  /** Keeps the elements that stay in view, so that a selection in them stays, too. */
  #show(first: number, end: number): void {
    const drawn = this.#drawn;
    while (drawn.length > 0 && this.#first < first) {
      drawn.shift()?.row.remove();
      this.#first++;
    }
    while (drawn.length > 0 && this.#first + drawn.length > end) drawn.pop()?.row.remove();
    if (drawn.length === 0) this.#first = first;
    const before = this.#lines.slice(first, this.#first).map((line) => this.#make(line));
    this.#rows.prepend(...before.map(({ row }) => row));
    drawn.unshift(...before);
    this.#first = first;
    const behind = this.#lines.slice(first + drawn.length, end).map((line) => this.#make(line));
    this.#rows.append(...behind.map(({ row }) => row));
    drawn.push(...behind);
    for (const one of drawn) {
      if (one.version === one.line.version) continue;
      one.version = one.line.version;
      fillRow(one.row, one.line, this.#options);
    }
  }

  /** Glyphs that another font lends have widths of their own: what lines with such take is known once they are drawn. */
  #look(): void {
    if (!this.#options.wrap) return;
    for (const { line, row } of this.#drawn) {
      if (isAscii(line.text)) continue;
      const rows = Math.max(1, Math.round(row.offsetHeight / this.#rowHeight));
      if (rows === this.#rowsOf(line)) continue;
      this.#seen.set(line, { version: line.version, columns: this.#columns, rows });
      this.changed(line);
    }
  }

  #make(line: Line): Drawn {
    const kind = line.notice ? " notice" : line.number === this.#marked ? " found" : "";
    const row = div(`log-row${kind}`);
    fillRow(row, line, this.#options);
    return { line, version: line.version, row };
  }

  #dropOldest(count: number): void {
    this.#lines.splice(0, count);
    this.#base += count;
    this.#redraw();
  }

  #redraw(): void {
    this.#heights.forget(0);
    this.#drawn = [];
    this.#rows.replaceChildren();
    this.#draw();
  }
}

function div(className: string): HTMLElement {
  const made = document.createElement("div");
  made.className = className;
  return made;
}
