const FRESH_MILLISECONDS = 10_000;

type Links = ReadonlyMap<number, string[]>;

/** The addresses of the named tunnel, asked for again when somebody looks and some time has passed. */
export class NamedLinks {
  readonly #ask: () => Promise<Links>;
  readonly #onChange: () => void;
  #links: Links = new Map();
  #until = 0;

  constructor(ask: () => Promise<Links>, onChange: () => void) {
    this.#ask = ask;
    this.#onChange = onChange;
  }

  /** As known now. */
  now(): Links {
    if (performance.now() >= this.#until) {
      this.#until = performance.now() + FRESH_MILLISECONDS;
      void this.#refresh();
    }
    return this.#links;
  }

  async #refresh(): Promise<void> {
    const before = this.#links;
    this.#links = await this.#ask().catch(() => new Map<number, string[]>());
    if (JSON.stringify([...before]) !== JSON.stringify([...this.#links])) this.#onChange();
  }
}
