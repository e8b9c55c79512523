import type { Client } from "../download/connection.ts";
import { askPatiently } from "../download/patience.ts";
import { DownloadError } from "../download/error.ts";
import { label } from "../download/label.ts";
import { defaultLimits, MEBIBYTE } from "../download/limits.ts";
import type { Environment, Tokens } from "./tokens.ts";

/** More than the list of the largest repository has on a page. */
const LARGEST_ANSWER = 32 * MEBIBYTE;

/** What asks the interfaces of hubs. */
export interface Api {
  env: Environment;
  tokens: Tokens;
  signal: AbortSignal;
}

/** Fetches JSON, patiently. Throws DownloadError. */
export async function getJson(api: Api, url: URL): Promise<{ value: unknown; headers: Headers }> {
  const client: Client = {
    authorization: (host) => api.tokens.authorization(host),
    env: api.env,
    timeoutSeconds: defaultLimits.timeoutSeconds,
    signal: api.signal,
  };
  const { connection } = await askPatiently(
    { url, client, limits: defaultLimits, tokenName: (host) => api.tokens.tokenName(host) },
    undefined,
  );
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of connection.body()) {
      bytes += chunk.byteLength;
      if (bytes > LARGEST_ANSWER) throw unexpected(url, `more than ${LARGEST_ANSWER} bytes`);
      chunks.push(chunk);
    }
  } finally {
    connection[Symbol.dispose]();
  }
  try {
    return { value: JSON.parse(Buffer.concat(chunks).toString()), headers: connection.response.headers };
  } catch {
    throw unexpected(url, "another answer");
  }
}

/** The error for an answer that is not what the interface promises. */
export function unexpected(url: URL, got: string): DownloadError {
  return new DownloadError("source", `"${label(url)}": expected JSON about the files, got ${got}`);
}
