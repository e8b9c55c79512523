import { ofetch } from "ofetch";
import { redactUrls } from "../../env/redact.ts";
import { messageOf } from "../../errors.ts";

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
      responseType: "text",
      retry: ATTEMPTS - 1,
      retryDelay: DELAY_MILLISECONDS,
      timeout: TIMEOUT_MILLISECONDS,
      signal,
      headers: { accept: "application/yaml, text/plain, */*" },
    });
    const text = response._data ?? "";
    if (text.length > MOST_BYTES) return { label, problem: `expected at most ${MOST_BYTES} bytes; not read` };
    if (/^\s*<(!doctype|html)/i.test(text))
      return { label, problem: "expected YAML or JSON, got an HTML page; use the link to the raw file" };
    return { label, text };
  } catch (error) {
    signal.throwIfAborted();
    return { label, problem: `expected a manifest, got ${redactUrls(messageOf(error))}` };
  }
}
