import type { Section } from "./ini/document.ts";
import type { Report } from "../programs/problem.ts";

/** One error for each line of a section that is no key. */
export function reportJunk({ name, junk }: Section, report: Report, consequence: string): void {
  for (const { file, line, text: value } of junk) {
    const about = { severity: "error", file, line, section: name, value } as const;
    report({ ...about, expected: "key=value", text: consequence });
  }
}

export const JUNK_IGNORED = "the line is ignored";
