import { quote } from "./environment-file.ts";

/** `export NAME='VALUE'` as env-store writes it, with what it takes the place of. */
export interface Statement {
  name: string;
  value: string;
  /** Fingerprint of the value that the image's own ENV had, where that was another one. */
  over?: string;
}

const STATEMENT = /export ([A-Za-z_]\w*)='((?:[^']|'\\'')*)'(?: # over ([0-9a-f]{16}))?[ \t]*(?:\n|$)/y;
/** Between statements: blank lines and comments. */
const NOTHING = /(?:[ \t]*(?:#[^\n]*)?\n|[ \t]+$|[ \t]*#[^\n]*$)*/y;

/** One line of the sourced file. The value is data: no shell evaluates it. */
export function write({ name, value, over }: Statement): string {
  return `export ${name}=${quote(value)}${over === undefined ? "" : ` # over ${over}`}\n`;
}

/** The statements of a text, in order, and whether nothing else is in it: a shell is needed to read the rest. */
export function readStatements(text: string): { statements: Statement[]; complete: boolean } {
  const statements: Statement[] = [];
  let complete = true;
  let at = 0;
  while (at < text.length) {
    at = match(NOTHING, text, at)?.end ?? at;
    const found = match(STATEMENT, text, at);
    if (found !== undefined) {
      const [, name = "", value = "", over] = found.groups;
      statements.push({
        name,
        value: value.replaceAll("'\\''", "'"),
        ...(over === undefined ? {} : { over }),
      });
      at = found.end;
    } else if (at < text.length) {
      complete = false;
      at = text.indexOf("\n", at) + 1 || text.length;
    }
  }
  return { statements, complete };
}

function match(pattern: RegExp, text: string, at: number) {
  pattern.lastIndex = at;
  const groups = pattern.exec(text);
  return groups === null ? undefined : { groups, end: at + groups[0].length };
}

/** Tells two values apart without showing them. */
export function fingerprint(value: string): string {
  return new Bun.CryptoHasher("sha256").update(value).digest("hex").slice(0, 16);
}
