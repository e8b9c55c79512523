import { writeSync } from "node:fs";
import { errnoOf, ExitCode } from "../errors.ts";
import type { Problem } from "../programs/problem.ts";

/** How long to wait for a slow reader of a full pipe. */
const FULL_PIPE_MILLISECONDS = 5;

/** Writes bytes to standard output, at the pace of the reader: a flood is never kept in memory. Throws EPIPE. */
export function writeOut(bytes: Uint8Array): void {
  for (let written = 0; written < bytes.byteLength;) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      if (errnoOf(error) !== "EAGAIN") throw error;
      Bun.sleepSync(FULL_PIPE_MILLISECONDS);
    }
  }
}

/** Writes text and a newline to standard output. Ends the process when the reader has gone (EPIPE), as in `| head`. */
export function print(text: string): void {
  try {
    writeOut(Buffer.from(`${text}\n`));
  } catch (error) {
    if (errnoOf(error) !== "EPIPE") throw error;
    process.exit(ExitCode.ok);
  }
}

/** Writes text with colour codes of its own, and without these codes where the output is no terminal. */
export function printColoured(text: string): void {
  print(hasColours() ? text : Bun.stripANSI(text));
}

/** Writes a value as indented JSON, for `--json`. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Writes a line for the user to standard error: what the output on standard output does not say. */
export function note(text: string): void {
  process.stderr.write(`ai-dock: ${text}\n`);
}

/** Writes what is wrong with the configuration to standard error, a line each. */
export function printProblems(problems: Problem[]): void {
  for (const { severity, message } of problems) {
    const word = style(severity === "error" ? "red" : "yellow", severity);
    process.stderr.write(`${word}: ${message}\n`);
  }
}

const codes = { red: 31, green: 32, yellow: 33, dim: 2, cyan: 36, bold: 1 } as const;
export type Style = keyof typeof codes;

/** Wraps text in a colour, on a terminal only and not with NO_COLOR (no-color.org). */
export function style(name: Style, text: string): string {
  return hasColours() ? `\u001B[${codes[name]}m${text}\u001B[0m` : text;
}

function hasColours(): boolean {
  return process.stdout.isTTY && (Bun.env["NO_COLOR"] ?? "") === "";
}

export interface Column<Row> {
  text: (row: Row) => string;
  style?: (row: Row) => Style | undefined;
}

/** What programs call themselves must not steer the terminal of root. */
export function harmless(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "\uFFFD");
}

/** Lays rows out in columns as wide as their longest text; the last column is not padded. */
export function tableLines<Row>(rows: Row[], columns: Column<Row>[]): string[] {
  const shown = rows.map((row) => columns.map(({ text }) => harmless(text(row))));
  const widths = columns.map((_, index) => Math.max(0, ...shown.map((texts) => texts[index]?.length ?? 0)));
  return rows.map((row, line) => {
    const cells = columns.map(({ style: styleOf }, index) => {
      const text = shown[line]?.[index] ?? "";
      const cell = index === columns.length - 1 ? text : text.padEnd(widths[index] ?? 0);
      const name = styleOf?.(row);
      return name === undefined ? cell : style(name, cell);
    });
    return cells.join("  ").trimEnd();
  });
}

/** Writes a table to standard output. */
export function printTable<Row>(rows: Row[], columns: Column<Row>[]): void {
  for (const line of tableLines(rows, columns)) print(line);
}
