import { ofetch } from "ofetch";
import { redactUrls } from "../env/redact.ts";
import { messageOf } from "../errors.ts";

const TIMEOUT_MILLISECONDS = 10_000;
const RETRIES = 3;

/** Posts JSON to a webhook; tries again where that fails. Resolves to what went wrong, without the URL, or nothing. */
export async function postWebhook(
  url: string,
  body: object,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    await ofetch(url, {
      method: "POST",
      body,
      retry: RETRIES,
      retryDelay: 1000,
      timeout: TIMEOUT_MILLISECONDS,
      ...(signal === undefined ? {} : { signal }),
    });
    return undefined;
  } catch (error) {
    // The path of a webhook is its password.
    const reason = messageOf(error).replaceAll(url, URL.canParse(url) ? new URL(url).origin : "the URL");
    return redactUrls(reason);
  }
}
