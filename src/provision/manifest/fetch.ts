import { FetchError, ofetch } from "ofetch";
import { redactUrls } from "../../env/redact.ts";
import { errnoOf, messageOf } from "../../errors.ts";
import { isHtml } from "../download/html.ts";
import { failureWords } from "../download/words.ts";

const ATTEMPTS = 5;
const DELAY_MILLISECONDS = 1000;
const TIMEOUT_MILLISECONDS = 30_000;
const MOST_BYTES = 8 * 1024 * 1024;

/** Fetches the text of a manifest; what fails is told, without what may be secret in the URL. */
export async function fetchManifest(
  url: string,
  signal: AbortSignal,
): Promise<{ label: string } & ({ text: string } | { problem: string })> {
  const label = redactUrls(url);
  try {
    const response = await ofetch.raw(url, {
      responseType: "stream",
      retry: ATTEMPTS - 1,
      retryDelay: DELAY_MILLISECONDS,
      timeout: TIMEOUT_MILLISECONDS,
      signal,
      headers: { accept: "application/yaml, text/plain, */*" },
    });
    const text = await readText(response._data);
    if (text === undefined) return { label, problem: `expected at most ${MOST_BYTES} bytes; not read` };
    if (isHtml(text))
      return { label, problem: "expected YAML or JSON, got an HTML page; use the link to the raw file" };
    return { label, text };
  } catch (error) {
    signal.throwIfAborted();
    return { label, problem: `expected a manifest, got ${wordsFor(error)}; not read` };
  }
}

/** The library's own message has the URL in it, which stands in front already, and words for programmers. */
function wordsFor(error: unknown): string {
  const { status, statusText, cause } = error instanceof FetchError ? error : { cause: error };
  if (status !== undefined) return `HTTP ${status} ${statusText ?? ""}`.trimEnd();
  if (cause instanceof Error && cause.name === "TimeoutError")
    return `no answer within ${TIMEOUT_MILLISECONDS / 1000} s`;
  return failureWords[errnoOf(cause) ?? ""] ?? redactUrls(messageOf(cause ?? error));
}

/** The text of an answer; undefined where it is longer than a manifest can be. */
async function readText(stream: ReadableStream<Uint8Array> | undefined): Promise<string | undefined> {
  if (stream === undefined) return "";
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.byteLength;
    if (length > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
