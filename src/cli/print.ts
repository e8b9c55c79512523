/** Writes text and a newline to standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Writes a value as indented JSON, for `--json`. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

const codes = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const;
export type Style = keyof typeof codes;

/** Wraps text in a colour, on a terminal only and not with NO_COLOR. */
export function style(name: Style, text: string): string {
  return process.stdout.isTTY && !hasNoColor() ? `\u001B[${codes[name]}m${text}\u001B[0m` : text;
}

function hasNoColor(): boolean {
  return Bun.env["NO_COLOR"] !== undefined && Bun.env["NO_COLOR"] !== "";
}
