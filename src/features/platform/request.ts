import { errnoOf, messageOf } from "../../errors.ts";
import { proxyFor, trustedAuthorities } from "../../sys/network.ts";
import type { Credentials } from "./credentials.ts";
import type { Platform } from "./platforms.ts";

/** What became of one request. `after`: milliseconds that the server wants to be left alone. */
export type Answer =
  | { kind: "accepted" }
  /** No further try changes that. */
  | { kind: "refused"; reason: string }
  | { kind: "failed"; reason: string; after?: number };

export interface StopRequest {
  platform: Platform;
  credentials: Credentials;
  api: URL;
  env: Readonly<Record<string, string>>;
  /** Milliseconds for the connection and the whole answer. */
  timeout: number;
  signal: AbortSignal;
  warn(this: void, message: string): void;
}

/** Statuses worth a further try, beside all of 5xx. */
const PASSING_STATUSES = new Set([408, 425, 429]);
/** Of the redirects, those that keep method and body. */
const REPEATING_STATUSES = new Set([307, 308]);
const MOST_REDIRECTS = 3;
/** Of an answer, more is not read. */
const MOST_BYTES = 16 * 1024;
const MOST_SHOWN = 200;
/** Errors that no further try mends: a certificate that is not trusted. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/;

/** Asks a cloud once to stop this container; never throws. The key goes to the origin of `api` and to no other. */
export async function requestStop(request: StopRequest): Promise<Answer> {
  const { platform, credentials, api, timeout, signal } = request;
  const deadline = AbortSignal.timeout(timeout);
  let url = new URL(platform.path(credentials.id), api);
  try {
    for (let redirects = 0; ; redirects++) {
      const response = await send(url, request, AbortSignal.any([signal, deadline]));
      if (response.status < 300 || response.status >= 400) return await judge(response, request);
      const target = response.headers.get("location") ?? "";
      await response.body?.cancel();
      const next = URL.canParse(target, url.href) ? new URL(target, url) : undefined;
      const isOurs = next?.origin === api.origin && REPEATING_STATUSES.has(response.status);
      if (!isOurs || redirects === MOST_REDIRECTS) return refuseRedirect(response.status, next, request);
      url = next;
    }
  } catch (error) {
    if (signal.aborted) return { kind: "failed", reason: "the stop of the container" };
    if (deadline.aborted) return { kind: "failed", reason: `no answer within ${timeout / 1000} s` };
    const reason = shorten(messageOf(error).replace(/ For more information, pass `verbose.*$/, ""), request);
    if (UNTRUSTED.test(`${errnoOf(error)} ${reason}`))
      return { kind: "refused", reason: `${api.host}: expected a certificate to trust, got ${reason}` };
    return { kind: "failed", reason };
  }
}

async function send(
  url: URL,
  { platform, credentials, env, warn }: StopRequest,
  signal: AbortSignal,
): Promise<Response> {
  const { method, body } = platform;
  // Not ofetch: its retries know no Retry-After, and its errors hold the request.
  return await fetch(url, {
    method,
    headers: {
      accept: "application/json",
      authorization: `Bearer ${credentials.key}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    redirect: "manual",
    signal,
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    tls: { rejectUnauthorized: true, ca: trustedAuthorities(env, warn) },
    proxy: (proxyFor(url, env) ?? false) as string,
  });
}

async function judge(response: Response, request: StopRequest): Promise<Answer> {
  const { status } = response;
  const { platform, credentials } = request;
  const { name, noun, idVariable, keyVariable } = platform;
  const text = await readStart(response);
  const said = words(text, request);
  const got = `HTTP ${status}${said === "" ? "" : `, "${said}"`}`;
  if (response.ok) {
    // vast.ai says so in the body where it does not stop the instance.
    const isRefused = /"success"\s*:\s*false/.test(text);
    return isRefused ? { kind: "failed", reason: `${name} does not stop it (${got})` } : { kind: "accepted" };
  }
  const which = `${noun} ${credentials.id}`;
  if (status === 401)
    return {
      kind: "refused",
      reason: `${keyVariable}: expected a key that ${name} knows, got one it refuses (${got})`,
    };
  if (status === 403)
    return {
      kind: "refused",
      reason: `${keyVariable}: expected a key that may stop ${which}, got one that may not (${got})`,
    };
  if (status === 404)
    return { kind: "refused", reason: `${idVariable}: ${name} knows no ${which} with this key (${got})` };
  if (status >= 500 || PASSING_STATUSES.has(status))
    return { kind: "failed", reason: got, ...wait(response) };
  return { kind: "refused", reason: `${name} refuses to stop ${which} (${got})` };
}

function refuseRedirect(status: number, next: URL | undefined, { platform, api }: StopRequest): Answer {
  const to = next === undefined ? "nowhere" : next.origin;
  return {
    kind: "refused",
    reason: `${platform.name}: expected an answer of ${api.host}, got a redirect to ${to} (HTTP ${status}); ${platform.keyVariable} is not sent there`,
  };
}

/** Retry-After: seconds, or a date. */
function wait({ headers }: Response): { after?: number } {
  const given = headers.get("retry-after") ?? "";
  const after = /^\d+$/.test(given) ? Number(given) * 1000 : Date.parse(given) - Date.now();
  return after > 0 ? { after } : {};
}

async function readStart({ body }: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= MOST_BYTES) break;
  }
  return text;
}

/** What the cloud says in its answer, if that is text for people. */
function words(text: string, request: StopRequest): string {
  let said: unknown = text;
  try {
    const { msg, message, error } = JSON.parse(text) as Record<string, unknown>;
    said = msg ?? message ?? error ?? "";
  } catch {
    if (text.trimStart().startsWith("<")) return "";
  }
  return typeof said === "string" ? shorten(said, request) : "";
}

function shorten(text: string, { credentials }: StopRequest): string {
  const safe = text.replaceAll(credentials.key, "[redacted]").replaceAll(/[^\x20-\x7e]+/g, " ");
  return safe.trim().slice(0, MOST_SHOWN);
}
