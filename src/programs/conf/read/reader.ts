import type { Entry, IniDocument, Section } from "../ini/document.ts";
import { Expected, quote, type Report } from "../problem.ts";
import { expand, type Names } from "../text/expand.ts";
import { nearest } from "../text/nearest.ts";

/** Reads the keys of one section; what is wrong is reported and remembered, never thrown. */
export interface Reader {
  /** True once anything was wrong that supervisord would have refused. */
  failed: boolean;
  /** The value of a key after expansion and conversion; the fallback when the key is absent or wrong. */
  get<T, F>(key: string, names: Names, convert: (text: string) => T, fallback: F): T | F;
  /** The text of a key before expansion. */
  raw(key: string): string | undefined;
  /** Runs a conversion on behalf of a key; undefined when it throws Expected, which is then reported. */
  attempt<T>(key: string, action: () => T): T | undefined;
  /** Reports a key as a whole; an error leaves the program out unless `consequence` says otherwise. */
  complain(key: string, expected: string, got?: string, consequence?: string): void;
  /** Reports something that is merely worth knowing. */
  warn(key: string, text: string, once?: string): void;
}

/** The reader of a section. `consequence` is what happens when a value is wrong. */
export function sectionReader(
  section: Section,
  document: IniDocument,
  report: Report,
  consequence: string,
): Reader {
  const entry = (key: string): Entry | undefined =>
    section.entries.get(key) ?? document.defaults.entries.get(key);
  const about = (key: string) => {
    const { file, line, value } = entry(key) ?? { ...section, value: undefined };
    // An environment may hold secrets.
    const shown = value === undefined || key === "environment" ? {} : { value };
    return { file, line, section: section.name, key, ...shown };
  };
  const reader: Reader = {
    failed: false,
    raw: (key) => entry(key)?.value,
    get(key, names, convert, fallback) {
      const found = entry(key);
      if (found === undefined) return fallback;
      return reader.attempt(key, () => convertExpanded(found.value, names, convert)) ?? fallback;
    },
    attempt(key, action) {
      try {
        return action();
      } catch (error) {
        if (!(error instanceof Expected)) throw error;
        reader.complain(key, error.expected, error.got);
        return undefined;
      }
    },
    complain(key, expected, got, then = consequence) {
      if (then === consequence) reader.failed = true;
      const shown = got ?? quote(entry(key)?.value ?? "");
      // Each process of a section would find the same fault again.
      const once = `${section.name} ${key} ${expected} ${shown}`;
      report({ ...about(key), severity: "error", text: `expected ${expected}, got ${shown}; ${then}`, once });
    },
    warn(key, text, once = `${section.name} ${key} ${text}`) {
      report({ ...about(key), severity: "warning", text, once });
    },
  };
  return reader;
}

function convertExpanded<T>(raw: string, names: Names, convert: (text: string) => T): T {
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

/** One warning for each key that a section has and nobody knows. */
export function reportUnknownKeys(section: Section, known: ReadonlySet<string>, report: Report): void {
  for (const [key, { file, line, value }] of section.entries) {
    if (known.has(key)) continue;
    const close = nearest(key, known);
    const hint = close === undefined ? "" : ` such as ${close}`;
    const text = `expected a known key${hint}, got ${quote(key)}; it is ignored`;
    report({ severity: "warning", file, line, section: section.name, key, value, text });
  }
}
