/** How many changes, and how many problems, are told one by one. */
const SHOWN = 20;

/** What one round has done, as lines of the log. */
export class Report {
  made = 0;
  removed = 0;
  taken = 0;
  readonly #lines: string[] = [];
  readonly #problems = new Map<string, number>();

  change(what: "made" | "removed" | "taken" | "kept", path: string, target?: string): void {
    if (what === "kept") return;
    this[what]++;
    if (what === "made") this.#lines.push(`${path} -> ${target}`);
    if (what === "removed") this.#lines.push(`${path} removed`);
  }

  problem(line: string): void {
    this.#problems.set(line, (this.#problems.get(line) ?? 0) + 1);
  }

  get isEmpty(): boolean {
    return this.made + this.removed === 0 && this.#problems.size === 0;
  }

  /** One line for each change where there are few, and one on them all. `told` are problems that were told before. */
  lines(told: Set<string>, shown = SHOWN): string[] {
    const few = this.#lines.length <= shown ? this.#lines : [];
    const news = [...this.#problems.keys()].filter((line) => !told.has(line));
    for (const line of news) told.add(line);
    return [...few, ...news.slice(0, SHOWN), this.summary()];
  }

  /** "Links: 12 made, 1 removed, 2 names taken by files of the app". */
  summary(): string {
    const parts = [`${this.made} made`, `${this.removed} removed`];
    if (this.taken > 0) parts.push(`${this.taken} names taken by files of the app`);
    if (this.#problems.size > 0) parts.push(`${this.#problems.size} problems`);
    return `Links: ${parts.join(", ")}`;
  }
}
