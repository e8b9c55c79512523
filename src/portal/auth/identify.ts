import type { Credentials } from "../../control/portal/protocol.ts";
import type { Attempts } from "./attempts.ts";
import type { Seal } from "./seal.ts";
import { isOneOf, isSecretEqual } from "../../control/portal/secret.ts";
import type { Sessions } from "./sessions.ts";
import type { Visitor } from "./visitor.ts";

/** How a visitor got in. `open`: nothing is asked for there. */
export type Via = "open" | "session" | "bearer" | "basic" | "token";

export type Access =
  | { granted: true; via: Via; session?: Seal }
  /** `wrong`: something was shown that is not right. */
  | { granted: false; wrong: boolean; waitSeconds: number };

export interface Guards {
  sessions: Sessions;
  attempts: Attempts;
}

/** Finds out who a visitor is, and counts wrong credentials against the visitor's address. */
export function identify(visitor: Visitor, credentials: Credentials, { sessions, attempts }: Guards): Access {
  if (!credentials.login) return { granted: true, via: "open" };
  const session = sessions.find(credentials, visitor.headers.get("cookie"));
  // Who has logged in guesses nothing, so that an address being slowed does not matter.
  if (session !== undefined) {
    const via = hasOurToken(visitor, credentials) ? "token" : "session";
    return { granted: true, via, session };
  }
  const authorization = visitor.headers.get("authorization");
  if (authorization === null && !hasToken(visitor.uri))
    return { granted: false, wrong: false, waitSeconds: 0 };
  const waitSeconds = attempts.wait(visitor.client);
  if (waitSeconds > 0) return { granted: false, wrong: true, waitSeconds };
  const via = hasOurToken(visitor, credentials) ? "token" : viaHeader(authorization, credentials);
  if (via !== undefined) {
    attempts.succeeded(visitor.client);
    return { granted: true, via };
  }
  attempts.failed(visitor.client);
  return { granted: false, wrong: true, waitSeconds: 0 };
}

/** How an Authorization header would let its sender in; undefined where the header is not for us. */
export function viaHeader(
  header: string | null,
  { user, password, tokens }: Credentials,
): "bearer" | "basic" | undefined {
  const [, scheme = "", value = ""] = /^(\S+) +(\S+) *$/.exec(header ?? "") ?? [];
  if (scheme.toLowerCase() === "bearer") return isOneOf(value, tokens) ? "bearer" : undefined;
  if (scheme.toLowerCase() !== "basic") return undefined;
  const text = Buffer.from(value, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return isLogin(text.slice(0, Math.max(0, colon)), text.slice(colon + 1), { user, password })
    ? "basic"
    : undefined;
}

/** Compares a name and a password; the time tells nothing of which one is wrong. */
export function isLogin(
  name: string,
  given: string,
  { user, password }: Pick<Credentials, "user" | "password">,
) {
  return [isSecretEqual(name, user), isSecretEqual(given, password)].every(Boolean);
}

function hasToken(uri: string): boolean {
  return partsOf(uri).some(([name]) => name === "token");
}

function hasOurToken({ uri }: Visitor, credentials: Credentials): boolean {
  return partsOf(uri).some((part) => isOurToken(part, credentials));
}

function isOurToken([name, value]: Parameter, { tokens }: Pick<Credentials, "tokens">): boolean {
  return name === "token" && isOneOf(value, tokens);
}

/** A path and query without the tokens of ours in it; every other byte as it was. */
export function withoutToken(uri: string, credentials: Pick<Credentials, "tokens">): string {
  const [path, query] = splitQuery(uri);
  if (query === undefined) return path;
  const kept = query.split("&").filter((part) => {
    return !isOurToken(decodePart(part), credentials);
  });
  return kept.length === 0 ? path : `${path}?${kept.join("&")}`;
}

/**
 * The text that Caddy has to cut out of an address, wherever the text is there, so that no token of ours is left. Undefined
 * where no one text does that, as with two of them.
 */
export function tokenToCut(uri: string, credentials: Pick<Credentials, "tokens">): string | undefined {
  const parts = splitQuery(uri)[1]?.split("&") ?? [];
  const index = parts.findIndex((part) => isOurToken(decodePart(part), credentials));
  const part = parts[index] ?? "";
  const last = index === parts.length - 1;
  const cut = !last ? `${part}&` : parts.length > 1 ? `&${part}` : part;
  return uri.replaceAll(cut, "").replace(/[?]$/, "") === withoutToken(uri, credentials) ? cut : undefined;
}

type Parameter = [name: string, value: string];

function partsOf(uri: string): Parameter[] {
  return splitQuery(uri)[1]?.split("&").map(decodePart) ?? [];
}

function splitQuery(uri: string): [path: string, query?: string] {
  const mark = uri.indexOf("?");
  return mark === -1 ? [uri] : [uri.slice(0, mark), uri.slice(mark + 1)];
}

function decodePart(part: string): Parameter {
  const [entry] = new URLSearchParams(part);
  return entry ?? ["", ""];
}
