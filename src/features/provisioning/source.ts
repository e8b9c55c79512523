import { closeSync, openSync, readSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isHtml } from "../../provision/download/html.ts";

/** How much of a file is searched for the start of an HTML page. */
const HEAD_BYTES = 1024;

/** Where a provisioning script comes from; `label` is safe to log. */
export type Source = { kind: "url"; url: URL; label: string } | { kind: "file"; path: string; label: string };

/** Parses PROVISIONING_SCRIPT, or the argument of `ai-dock provision`. Undefined for URLs other than http(s) and file. */
export function parseSource(text: string): Source | undefined {
  if (!/^[a-z][a-z\d+.-]*:/i.test(text)) return fileSource(resolve(text));
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol === "file:" && ["", "localhost"].includes(url.host)) {
    url.host = "";
    return fileSource(fileURLToPath(url));
  }
  if (!["http:", "https:"].includes(url.protocol)) return undefined;
  return { kind: "url", url, label: labelOf(url) };
}

const fileSource = (path: string): Source => ({ kind: "file", path, label: path });

/** The URL without user, password and query, where signed links carry their secret. */
function labelOf(url: URL): string {
  return `${url.origin}${url.pathname}${url.search === "" ? "" : "?…"}`;
}

/** Why the content of a file cannot be a script, or undefined. */
export function refuseContent(path: string): string | undefined {
  if (statSync(path).size === 0) return "an empty file";
  return isHtml(head(path)) ? "an HTML page" : undefined;
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
