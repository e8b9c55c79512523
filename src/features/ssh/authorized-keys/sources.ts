/** Byte order marks of UTF-16: Windows PowerShell writes the first one with `>`. */
const marks = [
  { bytes: [0xff, 0xfe], encoding: "utf-16le" },
  { bytes: [0xfe, 0xff], encoding: "utf-16be" },
] as const;

/** Decodes a file of any origin: UTF-16 with a byte order mark, else UTF-8, else Latin-1. */
export function decodeText(file: Uint8Array): string {
  const mark = marks.find(({ bytes }) => bytes.every((byte, at) => file[at] === byte));
  if (mark !== undefined) return new TextDecoder(mark.encoding).decode(file);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(file);
  } catch {
    return new TextDecoder("latin1").decode(file);
  }
}

/** A line of a key source with its number, or the start of a block that is no public key. */
export type SourceLine = { number: number; text: string } | { number: number; block: string };

/** Blocks that people paste in place of a public key. */
const blocks = [
  { start: /-----BEGIN .*PRIVATE KEY-----/, end: /-----END .*PRIVATE KEY-----/, what: "a private key" },
  { start: /^PuTTY-User-Key-File-/, end: /^Private-MAC:/, what: "a private key in PuTTY's format" },
  {
    start: /^---- BEGIN SSH2 PUBLIC KEY ----/,
    end: /^---- END SSH2 PUBLIC KEY ----/,
    what: "a key in SSH2 format (convert it with ssh-keygen -i)",
  },
];

const ESCAPED_LINE_END =
  /(?:\\r)?\\n(?=\s*(?:$|#|\\n|\\r\\n|-----|(?:(?:"(?:[^"\\]|\\.)*"|[^\s"])+\s+)?(?:ssh-|ecdsa-|sk-)\S+\s+AAAA))/gm;

/**
 * Splits a source into lines and blocks. Forms of some providers turn line ends into the two characters `\n`, which
 * count as a line end where a key, a comment or nothing follows: options keep theirs.
 */
export function sourceLines(text: string): SourceLine[] {
  const raw = text
    .replace(/^\uFEFF/, "")
    .replaceAll(ESCAPED_LINE_END, "\n")
    .split(/\r\n|\n|\r/);
  const lines: SourceLine[] = [];
  for (let index = 0; index < raw.length; index++) {
    const line = raw[index] ?? "";
    const block = blocks.find(({ start }) => start.test(line.trim()));
    if (!block) {
      lines.push({ number: index + 1, text: line });
      continue;
    }
    lines.push({ number: index + 1, block: block.what });
    const end = raw.findIndex((other, at) => at >= index && block.end.test(other.trim()));
    // A block without an end reaches to the end of the source: a lost key is better than secret lines in the log.
    index = end === -1 ? raw.length : end;
  }
  return lines;
}
