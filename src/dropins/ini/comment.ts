const PREFIXES = [";", "#"] as const;

/**
 * Where the comment of a line starts, or -1. A comment sign counts at the start of the line or after
 * white space, inside quotes too. As Python's ConfigParser, this looks at the first sign of each kind,
 * then at the second of each, and so on: `a;b ;c #d` is cut at the `#`.
 */
export function commentStart(line: string): number {
  if (!line.includes(";") && !line.includes("#")) return -1;
  let last: number[] = PREFIXES.map((prefix) => line.indexOf(prefix));
  while (last.some((index) => index !== -1)) {
    const starts = last.filter((index) => index === 0 || (index > 0 && isSpace(line, index - 1)));
    if (starts.length > 0) return Math.min(...starts);
    last = last.map((index, kind) => (index === -1 ? -1 : line.indexOf(PREFIXES[kind]!, index + 1)));
  }
  return -1;
}

function isSpace(line: string, index: number): boolean {
  return line[index]!.trim() === "";
}
