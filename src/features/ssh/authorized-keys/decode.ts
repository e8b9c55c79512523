/** How a file begins that Windows PowerShell has written with `>`, and one in the other byte order. */
const marks = [
  { bytes: [0xff, 0xfe], encoding: "utf-16le" },
  { bytes: [0xfe, 0xff], encoding: "utf-16be" },
] as const;

/** The text of a file that people bring from anywhere: UTF-16 with its mark, else UTF-8, else Latin-1. */
export function decodeText(file: Uint8Array): string {
  const mark = marks.find(({ bytes }) => bytes.every((byte, at) => file[at] === byte));
  if (mark !== undefined) return new TextDecoder(mark.encoding).decode(file);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(file);
  } catch {
    return new TextDecoder("latin1").decode(file);
  }
}
