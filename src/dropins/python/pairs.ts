import { Expected } from "../../programs/problem.ts";

const FORM = 'NAME="value" pairs separated by commas';
const WORD = /[A-Za-z0-9_/.+\-():]/;

export interface Pairs {
  values: Record<string, string>;
  /** What cut a value short, in words that show no part of the value itself. */
  cut: string | undefined;
}

/**
 * Reads `environment=` by the rules of supervisord, which cuts it into tokens as Python's shlex does in
 * its old, non-POSIX mode: values with other than letters, digits and `_/.+-():` need quotes, and any
 * token separates pairs. Throws Expected where supervisord refuses to start.
 */
export function parsePairs(text: string): Pairs {
  const tokens = tokenize(text);
  const values: Record<string, string> = {};
  let cut: string | undefined;
  for (let at = 0; at < tokens.length; at += 4) {
    const [name, equals, value, separator] = tokens.slice(at, at + 4);
    if (name === undefined || equals !== "=" || value === undefined) throw incomplete(name, equals, cut);
    values[name] = value.replaceAll(/^['"]+|['"]+$/g, "");
    if (separator !== undefined && separator !== ",") cut ??= cutShort(name, value, separator);
  }
  return { values, cut };
}

/** Of a value, which may be a secret, no more than a single sign is shown. */
function cutShort(name: string, value: string, separator: string): string {
  const sign = [value, separator].find((token) => token.length === 1 && !WORD.test(token));
  return `${sign === undefined ? "a second word" : JSON.stringify(sign)} in the value of ${name}`;
}

function incomplete(name: string | undefined, equals: string | undefined, cut: string | undefined): Expected {
  if (cut !== undefined) return new Expected(FORM, `${cut}; put the value in quotes`);
  if (equals === "=") {
    return new Expected(FORM, `"${name ?? ""}=" without a value; for an empty one write ${name ?? ""}=""`);
  }
  return new Expected(FORM, 'something without "=" behind it');
}

/** White space, comments, quoted text, words and single signs; an open quote matches none of them. */
const TOKEN =
  /[ \t\r\n]+|#[^\n]*\n?|("[^"]*"|'[^']*'|[A-Za-z0-9_/.+\-():](?:[A-Za-z0-9_/.+\-():"']|#[^\n]*\n?)*|[^"'])/uy;
const COMMENTS = /#[^\n]*\n?/g;

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const { lastIndex } = TOKEN;
    const match = TOKEN.exec(text);
    if (match === null) throw new Expected(FORM, `a quote (${text[lastIndex]}) that is never closed`);
    const token = match[1];
    if (token === undefined) continue;
    // Within a word, quotes are plain characters and a comment does not end the word.
    const isWord = token.includes("#") && WORD.test(token[0]!);
    tokens.push(isWord ? token.replaceAll(COMMENTS, "") : token);
  }
  return tokens;
}
