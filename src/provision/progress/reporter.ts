import { redactUrls } from "../../env/redact.ts";
import type { Item } from "../graph/item.ts";
import type { ItemReport } from "../graph/outcome.ts";
import { drawBars } from "./bars.ts";
import { describeProgress } from "./describe.ts";
import { type ItemLine, lineOf, writeState } from "./file.ts";
import { Rate } from "./rate.ts";

export interface ReporterOptions {
  items: readonly Item[];
  sources: string[];
  /** Writes one line. */
  say(line: string): void;
  /** Hides secrets. */
  redact(text: string): string;
  /** Where bars are drawn; undefined where the output is no terminal. */
  terminal?: { write(text: string): void; columns: number } | undefined;
  /** Where the state goes; tests have their own. */
  path?: string;
}

/** Between two lines about one running download. */
const LINE_MILLISECONDS = 30_000;
/** Between two states of the file and two drawings of the bars. */
const DRAW_MILLISECONDS = 500;

/** After this long, an item that runs is worth a line. */
const SOON_MILLISECONDS = 300;

const nameOf = ({ kind, id }: Item) => (kind === id ? id : `${kind} ${id}`);

const words: Partial<Record<ItemReport["state"], string>> = {
  done: "done",
  unchanged: "there already",
  failed: "failed",
  skipped: "not begun",
  off: "off",
};

/** Tells of items as they go: a line for each change, bars on a terminal, and the state for others. */
export class Reporter implements Disposable {
  readonly #options: ReporterOptions;
  readonly #reports = new Map<string, ItemReport>();
  readonly #rates = new Map<string, Rate>();
  readonly #told = new Map<string, number>();
  readonly #starts = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #timer: ReturnType<typeof setInterval>;
  #drawn = 0;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#show(true), DRAW_MILLISECONDS);
  }

  change(item: Item, report: ItemReport): void {
    const before = this.#reports.get(item.id);
    this.#reports.set(item.id, report);
    if (report.progress !== undefined) this.#addRate(item.id, report.progress.received);
    if (before?.state !== report.state) this.#tellChange(item, report);
    else if (report.progress !== undefined) this.#tellProgress(item, report);
  }

  /** All items as others see them. */
  lines(): ItemLine[] {
    return this.#options.items.map((item) => {
      const report = this.#reports.get(item.id) ?? { state: "waiting", since: 0 };
      const line = lineOf(item, report, this.#rates.get(item.id)?.perSecond);
      const redact = (text: string) => this.#options.redact(text);
      return {
        ...line,
        ...(line.reason === undefined ? {} : { reason: redact(line.reason) }),
        ...(line.detail === undefined ? {} : { detail: redact(line.detail) }),
      };
    });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const start of this.#starts.values()) clearTimeout(start);
    this.#show(false);
  }

  #show(isRunning: boolean): void {
    const { sources, path, terminal } = this.#options;
    const items = this.lines();
    writeState(
      { at: Date.now(), isRunning, sources: sources.map((source) => redactUrls(source)), items },
      path,
    );
    if (terminal === undefined) return;
    const bars = isRunning ? drawBars(items, terminal.columns) : [];
    terminal.write(`${this.#erase()}${bars.map((bar) => `${bar}\n`).join("")}`);
    this.#drawn = bars.length;
  }

  /** Takes the bars off the terminal, so that a line can be written in their place. */
  #erase(): string {
    const up = this.#drawn === 0 ? "" : `\u001B[${this.#drawn}A\r\u001B[J`;
    this.#drawn = 0;
    return up;
  }

  #say(line: string): void {
    this.#options.terminal?.write(this.#erase());
    this.#options.say(this.#options.redact(line));
  }

  #tellChange(item: Item, { state, detail, reason }: ItemReport): void {
    const name = nameOf(item);
    clearTimeout(this.#starts.get(item.id));
    if (state === "running") {
      this.#told.set(item.id, performance.now());
      // What ends at once is one line, not two.
      this.#starts.set(
        item.id,
        setTimeout(() => this.#say(`${name}: ${item.label}`), SOON_MILLISECONDS),
      );
      return;
    }
    const word = words[state];
    if (word === undefined) return;
    const rest = [detail, reason].filter((text) => text !== undefined && text !== "").join(": ");
    const optional = state === "failed" && item.optional ? " (optional)" : "";
    this.#say(`${name}: ${word}${optional}${rest === "" ? "" : `: ${rest}`}`);
  }

  #tellProgress(item: Item, { progress }: ItemReport): void {
    if (this.#options.terminal !== undefined || progress === undefined) return;
    const now = performance.now();
    if (now - (this.#told.get(item.id) ?? 0) < LINE_MILLISECONDS) return;
    this.#told.set(item.id, now);
    this.#say(`${nameOf(item)}: ${describeProgress(progress, this.#rates.get(item.id)?.perSecond)}`);
  }

  #addRate(id: string, received: number): void {
    const rate = this.#rates.get(id) ?? new Rate();
    this.#rates.set(id, rate);
    rate.add(received, performance.now());
  }
}
