/**
 * What is wrong in the configuration, from the parser to `ai-dock check --json`. Errors cost a program or a value;
 * warnings cost nothing. What does not apply is null.
 */
export interface Problem {
  severity: "error" | "warning";
  /** The whole line for the user: `FILE:LINE: KEY: expected …, got "…"; what happens now`. */
  message: string;
  file: string | null;
  /** From 1; null when the file as a whole is meant. */
  line: number | null;
  section: string | null;
  /** Key of a section, or variable of the environment. */
  key: string | null;
  /** As written; null also where the value may hold a secret. */
  value: string | null;
  /** What would have been right, for example `a whole number`. */
  expectation: string | null;
}

/** Where something stands; line 0 means the file as a whole. */
export interface SourceLocation {
  file: string;
  line: number;
}

/** The parts of a problem, before its message is put together. */
export interface Diagnostic extends Partial<SourceLocation> {
  severity: Problem["severity"];
  section?: string;
  key?: string;
  value?: string;
  /** What would have been right; the message then begins with `expected …, got …; `. */
  expected?: string;
  /** How the message names what is there; the value in quotes unless given. */
  got?: string;
  /** What happens now. */
  text: string;
}

/** Builds a problem with its message. */
export function problemOf({ severity, expected, got, text, ...rest }: Diagnostic): Problem {
  const { file, line, section, key, value } = rest;
  const place = file === undefined ? "" : `${file}${line ? `:${line}` : ""}: `;
  const subject = key ?? (section === undefined ? undefined : `[${section}]`);
  const found = expected === undefined ? "" : `expected ${expected}, got ${got ?? quote(value ?? "")}; `;
  return {
    severity,
    message: `${place}${subject === undefined ? "" : `${subject}: `}${found}${text}`,
    file: file ?? null,
    line: line || null,
    section: section ?? null,
    key: key ?? null,
    value: value ?? null,
    expectation: expected ?? null,
  };
}

/** Thrown by whatever turns text into a value: what would have been right, and what is there instead. */
export class Expected extends Error {
  override readonly name = "Expected";
  readonly expected: string;
  /** The offending part, already quoted; undefined stands for the whole value. */
  readonly got: string | undefined;

  constructor(expected: string, got?: string) {
    super(`expected ${expected}`);
    this.expected = expected;
    this.got = got;
  }
}

/** Takes a diagnostic; diagnostics with the same `once` are reported only the first time. */
export type Report = (diagnostic: Diagnostic & SourceLocation & { once?: string }) => void;

/** A list of problems and the function that adds to it. */
export function collectProblems(): { problems: Problem[]; report: Report } {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const report: Report = ({ once, ...diagnostic }) => {
    if (once !== undefined) {
      if (seen.has(once)) return;
      seen.add(once);
    }
    problems.push(problemOf(diagnostic));
  };
  return { problems, report };
}

const LONGEST_QUOTE = 120;

/** A value as it is shown in a message: in quotes, on one line, not too long. */
export function quote(value: string): string {
  return JSON.stringify(value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value);
}
