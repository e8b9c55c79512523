import { applySgr, PLAIN, type Style } from "./style.ts";

/** Characters from `start` on look so, until the next run. */
export interface Run {
  start: number;
  style: Style;
}

/** One line of a log as a terminal would show it. */
export interface Line {
  /** Which log. */
  log: number;
  /** Epoch milliseconds. */
  time: number;
  text: string;
  /** Empty for a line without colours. */
  runs: Run[];
  /** Counts its changes, so that what is drawn can be told from what is not. */
  version: number;
  /** Its place among all lines; set by who keeps them. */
  number: number;
  /** Said by us, not by a program. */
  notice?: boolean;
}

/** Keeps lines. */
export interface LineSink {
  add(line: Line): void;
  /** A line that was added looks otherwise by now. */
  changed(line: Line): void;
}

/** A longer line is cut: browsers cannot lay out lines of megabytes. */
const LONGEST_LINE = 20_000;
/** Movements go no farther to the right, as no terminal is wider: a few bytes must not become a line of kilobytes. */
const FARTHEST_COLUMN = 1000;
/** Further changes of colours in a line are not shown: each one is an element of the page. */
const MOST_RUNS = 1000;
/** Lines above that a program may still redraw, as progress bars of several files do. */
const MOST_OPEN_LINES = 64;
const TAB = 8;

/** Control characters that are obeyed, or dropped. */
// oxlint-disable-next-line no-control-regex
const SPECIAL = /[\0-\u001F\u007F-\u009F]/g;
/** CSI and OSC sequences, and others (ECMA-48). */
const SEQUENCE =
  // oxlint-disable-next-line no-control-regex
  /\u001B(?:\[([0-?]*)[ -/]*([@-~])|\][^\u0007\u001B]*(?:\u0007|\u001B\\)|[PX^_][^\u001B]*\u001B\\|[ -/]*[0-Z\\^-~])/y;
/** A sequence that grows longer than this is none. */
const LONGEST_SEQUENCE = 4096;

/** Turns the bytes of one log into lines: obeys carriage returns, colours, and movements of the cursor. */
export class Terminal {
  readonly #log: number;
  readonly #sink: LineSink;
  /** The last lines of this log, the newest last. */
  #open: Line[] = [];
  /** From the newest line up to the cursor. */
  #up = 0;
  #column = 0;
  #style: Style = PLAIN;
  /** The beginning of a sequence whose rest has not come yet. */
  #rest = "";

  constructor(log: number, sink: LineSink) {
    this.#log = log;
    this.#sink = sink;
  }

  feed(chunk: string, time: number): void {
    const text = this.#rest + chunk;
    this.#rest = "";
    SPECIAL.lastIndex = 0;
    let at = 0;
    while (at < text.length) {
      SPECIAL.lastIndex = at;
      const next = SPECIAL.exec(text)?.index ?? text.length;
      if (next > at) this.#write(text.slice(at, next), time);
      if (next === text.length) return;
      at = text[next] === "\u001B" ? this.#sequence(text, next) : this.#control(text, next, time);
    }
  }

  #control(text: string, at: number, time: number): number {
    const character = text[at];
    if (character === "\n") this.#newline(time);
    else if (character === "\r") this.#column = 0;
    else if (character === "\b") this.#column = Math.max(0, this.#column - 1);
    else if (character === "\t") this.#write(" ".repeat(TAB - (this.#column % TAB)), time);
    return at + 1;
  }

  /** Returns where to go on. */
  #sequence(text: string, at: number): number {
    SEQUENCE.lastIndex = at;
    const match = SEQUENCE.exec(text);
    if (match === null) {
      if (text.length - at > LONGEST_SEQUENCE) return at + 1;
      this.#rest = text.slice(at);
      return text.length;
    }
    const [, parameters = "", final] = match;
    if (final !== undefined && !/^[<-?]/.test(parameters)) this.#obey(final, parameters);
    return SEQUENCE.lastIndex;
  }

  #obey(final: string, parameters: string): void {
    const given = Number(parameters.split(";")[0]) || 0;
    const count = Math.max(1, given);
    switch (final) {
      case "m":
        this.#style = applySgr(this.#style, parameters);
        break;
      case "A":
      case "F":
        this.#up = Math.min(this.#up + count, this.#open.length - 1);
        if (final === "F") this.#column = 0;
        break;
      case "B":
      case "E":
        this.#up = Math.max(0, this.#up - count);
        if (final === "E") this.#column = 0;
        break;
      case "C":
        this.#column = Math.max(this.#column, Math.min(this.#column + count, FARTHEST_COLUMN));
        break;
      case "D":
        this.#column = Math.max(0, this.#column - count);
        break;
      case "G":
        this.#column = Math.min(count - 1, FARTHEST_COLUMN);
        break;
      case "K":
        this.#erase(given);
        break;
      case "J":
        if (given === 0) this.#eraseBelow();
        break;
    }
  }

  #newline(time: number): void {
    if (this.#up === 0) this.#line(time);
    this.#column = 0;
    if (this.#up > 0) this.#up--;
    // The line below begins with its first character: a log's last newline opens no empty line.
    else this.#open.push(PENDING);
    if (this.#open.length > MOST_OPEN_LINES) this.#open.shift();
  }

  #begin(time: number): Line {
    const line: Line = { log: this.#log, time, text: "", runs: [], version: 0, number: -1 };
    this.#open.push(line);
    this.#sink.add(line);
    return line;
  }

  /** The line under the cursor. */
  #line(time: number): Line {
    const index = this.#open.length - 1 - this.#up;
    const line = this.#open[index];
    if (line !== undefined && line !== PENDING) return line;
    // An empty line in the middle is there already; only the newest one is pending.
    if (line === PENDING) this.#open.pop();
    return this.#begin(time);
  }

  #write(text: string, time: number): void {
    const line = this.#line(time);
    const column = this.#column;
    this.#column = Math.min(column + text.length, LONGEST_LINE);
    if (column >= LONGEST_LINE) return;
    this.#touch(line);
    const before = line.text.length;
    if (column < before) return overwrite(line, column, text, this.#style);
    if (column > before) line.text += " ".repeat(column - before);
    const last = line.runs.at(-1)?.style ?? PLAIN;
    if (last !== this.#style && line.runs.length < MOST_RUNS)
      line.runs.push({ start: column, style: this.#style });
    line.text = (line.text + text).slice(0, LONGEST_LINE);
  }

  #touch(line: Line): void {
    line.version++;
    this.#sink.changed(line);
  }

  /** EL: to the end of the line, to its beginning, or all of it. */
  #erase(how: number): void {
    const line = this.#open[this.#open.length - 1 - this.#up];
    if (line === undefined || line === PENDING) return;
    this.#touch(line);
    if (how === 1) overwrite(line, 0, " ".repeat(Math.min(this.#column + 1, line.text.length)), PLAIN);
    else cut(line, how === 2 ? 0 : this.#column);
  }

  #eraseBelow(): void {
    this.#erase(0);
    for (const line of this.#open.slice(this.#open.length - this.#up)) {
      if (line === PENDING) continue;
      this.#touch(line);
      cut(line, 0);
    }
  }
}

/** Stands for the line that the last newline has begun, until something is written there. */
const PENDING: Line = { log: -1, time: 0, text: "", runs: [], version: 0, number: -1 };

function cut(line: Line, length: number): void {
  line.text = line.text.slice(0, length);
  line.runs = line.runs.filter(({ start }) => start < length);
}

/** Puts text in the place of as many characters. */
function overwrite(line: Line, column: number, text: string, style: Style): void {
  const end = column + text.length;
  const behind = styleAt(line, end);
  line.text = line.text.slice(0, column) + text + line.text.slice(end);
  const runs = [
    ...line.runs.filter(({ start }) => start < column),
    { start: column, style },
    ...(end < line.text.length ? [{ start: end, style: behind }] : []),
    ...line.runs.filter(({ start }) => start > end),
  ];
  // Neighbours that look alike are one.
  line.runs = runs.filter((run, index) => run.style !== (runs[index - 1]?.style ?? PLAIN));
}

function styleAt({ runs }: Line, column: number): Style {
  return runs.findLast(({ start }) => start <= column)?.style ?? PLAIN;
}
