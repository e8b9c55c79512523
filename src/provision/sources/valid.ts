import { ofetch } from "ofetch";
import { civitaiEndpoint, type Environment, hubEndpoint, tokensFrom } from "./tokens.ts";

const TIMEOUT_MILLISECONDS = 20_000;

/** Whether there is a token for a hub and the hub takes it. False where the hub cannot be asked. */
export async function isTokenValid(
  of: "huggingface" | "civitai",
  env: Environment,
  signal: AbortSignal,
): Promise<boolean> {
  const url =
    of === "huggingface"
      ? new URL("/api/whoami-v2", hubEndpoint(env))
      : new URL("/api/v1/models?limit=1&hidden=1", civitaiEndpoint(env));
  try {
    const token = tokensFrom(env).authorization(url.host);
    if (token === undefined || !isSafe(url)) return false;
    const { ok } = await ofetch.raw(url.href, {
      headers: { authorization: `Bearer ${token}` },
      redirect: "error",
      retry: 2,
      timeout: TIMEOUT_MILLISECONDS,
      signal,
    });
    return ok;
  } catch {
    return false;
  }
}

/** No token goes over a network in the clear. */
const isSafe = ({ protocol, hostname }: URL) =>
  protocol === "https:" || ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
