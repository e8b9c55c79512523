/** A line of a key source with its number, or a block of lines that is no public key as a whole. */
export type SourceLine = { number: number; text: string } | { number: number; block: string };

/** Blocks that people paste instead of a public key, told apart by their first line. */
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
 * Cuts a source into lines and blocks. A provider's form turns line ends into the two characters `\n`;
 * they count as a line end where a key, a comment or nothing follows, so that options keep theirs.
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
    // Without its last line a block reaches to the end: better to miss a key than to name secret lines.
    index = end === -1 ? raw.length : end;
  }
  return lines;
}
