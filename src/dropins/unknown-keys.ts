import type { Section } from "./ini/document.ts";
import { quote, type Report } from "../programs/problem.ts";
import { nearest } from "./nearest.ts";

/** One warning for each key that a section has and nobody knows. */
export function reportUnknownKeys(section: Section, known: ReadonlySet<string>, report: Report): void {
  for (const [key, { file, line }] of section.entries) {
    if (known.has(key)) continue;
    const close = nearest(key, known);
    const hint = close === undefined ? "" : ` such as ${close}`;
    const about = { severity: "warning", file, line, section: section.name, key } as const;
    report({ ...about, expected: `a known key${hint}`, got: quote(key), text: "it is ignored" });
  }
}
