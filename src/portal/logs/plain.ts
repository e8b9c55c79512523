/** CSI, OSC, and other escape sequences (ECMA-48). */
// oxlint-disable-next-line no-control-regex
const ESCAPES = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[ -/]*[0-~])/g;
const CONTROLS = /[^\P{Cc}\t]/gu;
// oxlint-disable-next-line no-control-regex
const SPECIAL = /[\0-\u0008\u000B-\u001F\u007F-\u009F]/;

/** A line without escape sequences, and what follows its last carriage return only, as a terminal would leave it. */
export function plainForm(line: string): string {
  // Most lines hold none.
  if (!SPECIAL.test(line)) return line;
  const last = line.replace(/\r+$/, "").split("\r").at(-1) ?? "";
  return last.replaceAll(ESCAPES, "").replaceAll(CONTROLS, "");
}
