import type { Section } from "./ini/document.ts";
import { quote, type Report } from "../programs/problem.ts";

/** One error for each line of a section that is no key. */
export function reportJunk({ name, junk }: Section, report: Report, consequence: string): void {
  for (const { file, line, text } of junk) {
    const message = `expected key=value, got ${quote(text)}; ${consequence}`;
    report({ severity: "error", file, line, section: name, value: text, text: message });
  }
}

export const JUNK_IGNORED = "the line is ignored";
