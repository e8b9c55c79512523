/** The two ways in which a command line can be unfinished, in Python's words. */
export class UnfinishedWords extends Error {
  override readonly name = "UnfinishedWords";
}

const PLAIN = /[^\s'"\\]+/y;

/**
 * Splits a command line into words by the rules of Python's shlex.split (POSIX mode): no variables, no
 * comments, no globs. Throws UnfinishedWords when a quote or an escape has no end.
 */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    PLAIN.lastIndex = at;
    const plain = PLAIN.exec(text)?.[0];
    if (plain !== undefined) {
      word = (word ?? "") + plain;
      at += plain.length;
    } else if (char === "\\") {
      if (at + 1 === text.length) throw new UnfinishedWords("No escaped character");
      word = (word ?? "") + text[at + 1]!;
      at += 2;
    } else if (char === "'" || char === '"') {
      const quoted = readQuoted(text, at, char);
      word = (word ?? "") + quoted.value;
      at = quoted.end;
    } else if (" \t\r\n".includes(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at += 1;
    } else {
      // White space to JavaScript, a plain character to shlex.
      word = (word ?? "") + char;
      at += 1;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** The text between two quotes; only double quotes know escapes, of themselves and of the backslash. */
function readQuoted(text: string, start: number, quote: "'" | '"'): { value: string; end: number } {
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]!;
    if (char === quote) return { value, end: at + 1 };
    if (quote === '"' && char === "\\") {
      const next = text[++at];
      if (next === undefined) throw new UnfinishedWords("No escaped character");
      value += next === '"' || next === "\\" ? next : `\\${next}`;
    } else {
      value += char;
    }
  }
  throw new UnfinishedWords("No closing quotation");
}
