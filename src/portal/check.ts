import type { Credentials } from "../control/portal/protocol.ts";
import { type Access, type Guards, identify, tokenToCut, viaHeader, withoutToken } from "./auth/identify.ts";
import { originOf } from "./auth/origin.ts";
import { safePath } from "./auth/paths.ts";
import { refuse, refuseForeign } from "./auth/refuse.ts";
import { canChange, type Visitor } from "./auth/visitor.ts";
import { plain } from "./http/respond.ts";

/**
 * Decides on a request to an app, as forward_auth of Caddy: 204 lets it through, with headers that say what Caddy takes
 * out of it; anything else is what the client gets.
 */
export function check(visitor: Visitor, credentials: Credentials, guards: Guards): Response {
  // What is sent there is not even compared: whether a guess is right must not show in what the app sees.
  if (credentials.exclude.includes(visitor.port)) return allowed({ "X-AI-Dock-Authorization": "keep" });
  const access = identify(visitor, credentials, guards);
  if (!access.granted) return refuse(visitor, access);
  // Browsers send cookies and remembered passwords along with what a foreign page makes them send.
  const ambient = access.via === "session" || access.via === "basic";
  if (ambient && canChange(visitor) && originOf(visitor) === "foreign") return refuseForeign();
  if (access.via === "token" && visitor.navigation) return dropToken(visitor, credentials, guards, access);
  return allow(visitor, credentials, access);
}

/** Sends a browser to the same address without our token, which would stay in history and logs. */
export function dropToken(
  visitor: Visitor,
  credentials: Credentials,
  { sessions }: Guards,
  { session }: Extract<Access, { granted: true }>,
): Response {
  const path = safePath(withoutToken(visitor.uri, credentials));
  const cookie =
    session === undefined ? { "Set-Cookie": sessions.begin(credentials, visitor.secure) } : undefined;
  return plain(302, "Logged in", { Location: path, ...cookie });
}

function allow(
  visitor: Visitor,
  credentials: Credentials,
  { via }: Extract<Access, { granted: true }>,
): Response {
  const headers = new Headers();
  const authorization = visitor.headers.get("authorization");
  // One that is not ours is the app's own, as Jupyter's pages send.
  if (authorization !== null && viaHeader(authorization, credentials) === undefined)
    headers.set("X-AI-Dock-Authorization", "keep");
  if (via === "token") {
    const cut = tokenToCut(visitor.uri, credentials);
    if (cut === undefined) return plain(400, "Send the token once: the app must not see it");
    headers.set("X-AI-Dock-Strip", cut);
  }
  return allowed(headers);
}

function allowed(headers: Headers | Record<string, string>): Response {
  return new Response(null, { status: 204, headers });
}
