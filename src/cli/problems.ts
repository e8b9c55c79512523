import type { Problem } from "../programs/problem.ts";
import { style } from "./print.ts";

/** Writes what is wrong with the configuration to standard error, a line each. */
export function printProblems(problems: Problem[]): void {
  for (const { severity, message } of problems) {
    const word = style(severity === "error" ? "red" : "yellow", severity);
    process.stderr.write(`${word}: ${message}\n`);
  }
}
