import { ofetch } from "ofetch";
import { messageOf } from "../../errors.ts";
import { isPrivate } from "../download/connection.ts";
import { DownloadError } from "../download/error.ts";
import { civitaiEndpoint, type Environment, hubEndpoint, tokensFrom } from "./tokens.ts";

const TIMEOUT_MILLISECONDS = 20_000;

/**
 * Whether there is a token for a hub and the hub takes it. Throws DownloadError "network" where a hub does not answer that:
 * what is only for one side of the question must not be left out by a cut line.
 */
export async function isTokenValid(
  of: "huggingface" | "civitai",
  env: Environment,
  signal: AbortSignal,
): Promise<boolean> {
  const url =
    of === "huggingface"
      ? new URL("/api/whoami-v2", hubEndpoint(env))
      : new URL("/api/v1/models?limit=1&hidden=1", civitaiEndpoint(env));
  const token = tokensFrom(env).authorization(url.host);
  if (token === undefined || !isPrivate(url, env)) return false;
  let status: number;
  try {
    const answer = await ofetch.raw(url.href, {
      headers: { authorization: `Bearer ${token}` },
      redirect: "error",
      retry: 2,
      retryDelay: 500,
      timeout: TIMEOUT_MILLISECONDS,
      signal,
      ignoreResponseError: true,
    });
    ({ status } = answer);
  } catch (error) {
    signal.throwIfAborted();
    throw unknown(url, messageOf(error));
  }
  if (status === 429 || status >= 500) throw unknown(url, `status ${status}`);
  return status >= 200 && status < 300;
}

const unknown = (url: URL, got: string) =>
  new DownloadError("network", `"${url.host}": expected to hear whether the token is valid, got ${got}`);
