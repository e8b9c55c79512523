import { Connection, type Client } from "./connection.ts";
import { DownloadError } from "./error.ts";
import { label } from "./label.ts";
import { nextUrl } from "./redirect.ts";

const MOST_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const SHA256 = /^"?([\da-f]{64})"?$/i;

/** What a server that redirects to its storage says about the file (Hugging Face's X-Linked-…). */
export interface Told {
  sha256?: string;
  size?: number;
}

export interface Answer {
  connection: Connection;
  told: Told;
}

/**
 * Sends a GET and follows redirects: each host gets its own token alone, and user and password of a URL go to no other
 * host. Throws PassingError and DownloadError.
 */
export async function request(
  client: Client,
  start: URL,
  headers: Record<string, string>,
  decompress = false,
): Promise<Answer> {
  const told: Told = {};
  let url = start;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const connection = await Connection.open(client, url, headers, decompress);
    listen(connection.response, told);
    const location = connection.response.headers.get("location");
    if (!REDIRECTS.has(connection.response.status) || location === null) return { connection, told };
    connection[Symbol.dispose]();
    url = nextUrl(url, location, client.isChecked === true || told.sha256 !== undefined);
  }
  throw new DownloadError("network", `"${label(start)}": expected a file, got redirects without end`);
}

function listen({ headers }: Response, told: Told): void {
  // An ETag alone is a checksum only on the hub itself, which names the commit, too.
  const etag = headers.get("x-linked-etag") ?? (headers.has("x-repo-commit") ? headers.get("etag") : null);
  const sha256 = SHA256.exec(etag ?? "")?.[1];
  if (sha256 !== undefined) told.sha256 ??= sha256.toLowerCase();
  const size = byteCount(headers.get("x-linked-size"));
  if (size !== undefined) told.size ??= size;
}

/** A number of bytes in a header; undefined for none, and for one that no program can count. */
export function byteCount(text: string | null): number | undefined {
  return /^\d+$/.test(text ?? "") && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}
