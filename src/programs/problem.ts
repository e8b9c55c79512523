/** What is wrong in a configuration file. Errors cost a program or a value; warnings cost nothing. */
export interface Problem {
  file: string;
  /** From 1; 0 when the file as a whole is meant. */
  line: number;
  section?: string;
  key?: string;
  value?: string;
  /** The whole line for the user: `FILE:LINE: KEY: expected …, got "…"; what happens now`. */
  message: string;
  severity: "error" | "warning";
}

/** Where something stands. */
export interface Place {
  file: string;
  line: number;
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

export interface Finding extends Place {
  severity: Problem["severity"];
  section?: string;
  key?: string;
  value?: string;
  /** The sentence after `FILE:LINE: KEY: `. */
  text: string;
  /** Findings with the same word are reported only the first time. */
  once?: string;
}

/** Takes a finding; where it ends up is the caller's business. */
export type Report = (finding: Finding) => void;

/** A list of problems and the function that adds to it. */
export function collectProblems(): { problems: Problem[]; report: Report } {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const report: Report = ({ text, once, ...rest }) => {
    if (once !== undefined) {
      if (seen.has(once)) return;
      seen.add(once);
    }
    problems.push({ ...rest, message: `${place(rest)}: ${subject(rest)}${text}` });
  };
  return { problems, report };
}

function place({ file, line }: Place): string {
  return line === 0 ? file : `${file}:${line}`;
}

function subject({ section, key }: Pick<Finding, "section" | "key">): string {
  if (key !== undefined) return `${key}: `;
  return section === undefined ? "" : `[${section}]: `;
}

const LONGEST_QUOTE = 120;

/** A value as it is shown in a message: in quotes, on one line, not too long. */
export function quote(value: string): string {
  return JSON.stringify(value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value);
}
