import { closeSync, openSync, readSync, statSync } from "node:fs";

/** How much of a file is looked at to tell a page from a script. */
const HEAD_BYTES = 1024;

const HTML = /^\uFEFF?\s*(?:<!--[\s\S]*?-->\s*)*<(?:!doctype\s+html|html[\s>])/i;

/** Why a file cannot be a script, or undefined. */
export function refuseContent(path: string): string | undefined {
  if (statSync(path).size === 0) return "an empty file";
  return HTML.test(head(path)) ? "an HTML page" : undefined;
}

/** The SHA-256 checksum of a file in hexadecimal digits. */
export async function sha256Of(path: string): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(path).stream()) hasher.update(chunk);
  return hasher.digest("hex");
}

function head(path: string): string {
  const fd = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(HEAD_BYTES);
    return buffer.toString("utf8", 0, readSync(fd, buffer));
  } finally {
    closeSync(fd);
  }
}
