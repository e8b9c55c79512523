import { stripVTControlCharacters } from "node:util";
import { errnoOf, ExitCode } from "../errors.ts";
import { writeOut } from "./write.ts";

/** Writes text and a newline to standard output. Ends the process when its reader has seen enough, as in `| head`. */
export function print(text: string): void {
  try {
    writeOut(Buffer.from(`${text}\n`));
  } catch (error) {
    if (errnoOf(error) !== "EPIPE") throw error;
    process.exit(ExitCode.ok);
  }
}

/** Writes text that carries colours of its own; they are dropped where it is no terminal. */
export function printColoured(text: string): void {
  print(coloured() ? text : stripVTControlCharacters(text));
}

/** Writes a value as indented JSON, for `--json`. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

const codes = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const;
export type Style = keyof typeof codes;

/** Wraps text in a colour, on a terminal only and not with NO_COLOR. */
export function style(name: Style, text: string): string {
  return coloured() ? `\u001B[${codes[name]}m${text}\u001B[0m` : text;
}

/** See no-color.org. */
function coloured(): boolean {
  return process.stdout.isTTY && (Bun.env["NO_COLOR"] ?? "") === "";
}
