import type { Entry, IniDocument, Section } from "./ini-document.ts";
import { type Diagnostic, Expected, quote, type Report } from "../programs/problem.ts";
import { expand, type Variables } from "./python/percent.ts";

/** Reads one key; undefined where there is none, and for a wrong value, which is reported with what happens `without` it. */
export type ReadKey = <T>(key: string, convert: (text: string) => T, without: string) => T | undefined;

/** Reads the keys of one section. Errors are reported and set `failed`; nothing is thrown. */
export class SectionReader {
  /** True after an error that supervisord would have refused. */
  failed = false;
  readonly #section: Section;
  readonly #document: IniDocument;
  readonly #report: Report;
  /** What happens when a value is wrong. */
  readonly #consequence: string;

  constructor(section: Section, document: IniDocument, report: Report, consequence: string) {
    this.#section = section;
    this.#document = document;
    this.#report = report;
    this.#consequence = consequence;
  }

  /** The value of a key after expansion and conversion; the fallback when the key is absent or wrong. */
  get<T, F>(key: string, names: Variables, convert: (text: string) => T, fallback: F): T | F {
    const found = this.#entry(key);
    if (found === undefined) return fallback;
    try {
      return convertExpanded(found.value, names, convert);
    } catch (error) {
      this.#expected(key, error);
      return fallback;
    }
  }

  /** The text of a key before expansion. */
  raw(key: string): string | undefined {
    return this.#entry(key)?.value;
  }

  /** True for a key of the section itself, not of `[DEFAULT]`. */
  isOwn(key: string): boolean {
    return this.#section.entries.has(key);
  }

  /** Runs a conversion on behalf of a key; undefined when it throws Expected, which is then reported. */
  attempt<T>(key: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.#expected(key, error);
      return undefined;
    }
  }

  /** Reports an error in a key, which counts as failed unless a milder consequence is given. */
  complain(key: string, expected: string, got?: string, consequence?: string): void {
    if (consequence === undefined) this.failed = true;
    const shown = got === undefined ? {} : { got };
    // Every process of a section would report the same error again.
    const once = `${this.#section.name} ${key} ${expected} ${got} ${consequence}`;
    const text = consequence ?? this.#consequence;
    this.#report({ ...this.#about(key), severity: "error", expected, ...shown, text, once });
  }

  /** Reports a mistake that costs nothing but what `what.text` says. */
  warn(key: string, what: Pick<Diagnostic, "expected" | "got" | "text">, once?: string): void {
    const same = `${this.#section.name} ${key} ${what.expected} ${what.got} ${what.text}`;
    this.#report({ ...this.#about(key), severity: "warning", ...what, once: once ?? same });
  }

  #expected(key: string, error: unknown): void {
    if (!(error instanceof Expected)) throw error;
    this.complain(key, error.expected, error.got);
  }

  #entry(key: string): Entry | undefined {
    return this.#section.entries.get(key) ?? this.#document.defaults.entries.get(key);
  }

  #about(key: string) {
    const { file, line, value } = this.#entry(key) ?? { ...this.#section, value: undefined };
    // The environment may hold secrets.
    const shown = value === undefined || key === "environment" ? {} : { value };
    return { file, line, section: this.#section.name, key, ...shown };
  }
}

function convertExpanded<T>(raw: string, names: Variables, convert: (text: string) => T): T {
  const text = expand(raw, names);
  try {
    return convert(text);
  } catch (error) {
    if (error instanceof Expected && error.got === undefined && text !== raw) {
      throw new Expected(error.expected, `${quote(text)} (from ${quote(raw)})`);
    }
    throw error;
  }
}
