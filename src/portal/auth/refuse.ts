import { plain } from "../http/respond.ts";
import type { Access } from "./identify.ts";
import type { Visitor } from "./visitor.ts";

const LOGIN_PATH = "/ai-dock/login";

/** Turns a visitor away: people to the login page of the same host, all else by a status. */
export function refuse(visitor: Visitor, access: Extract<Access, { granted: false }>): Response {
  if (access.waitSeconds > 0) return slowDown(access.waitSeconds);
  if (visitor.navigation) return toLogin(visitor.uri);
  return plain(401, "Unauthorized: log in, or send the token as Authorization: Bearer", {
    "WWW-Authenticate": challenge(visitor.headers),
  });
}

/** The login page, which leads back to `uri`. */
export function toLogin(uri: string): Response {
  const query = uri === "/" ? "" : `?next=${encodeURIComponent(uri)}`;
  return plain(302, "Log in first", { Location: LOGIN_PATH + query });
}

/** For an address that failed too often; says nothing on whether the credentials are right. */
export function slowDown(seconds: number): Response {
  return plain(429, `Too many failed logins from your address; try again in ${seconds} s`, {
    "Retry-After": String(seconds),
  });
}

/** A page of another host made the browser send this. */
export function refuseForeign(): Response {
  return plain(403, "Forbidden: the request comes from a page of another site");
}

/** Browsers open a dialog of their own for Basic, over whatever page has made the request; other programs wait for it. */
function challenge(headers: Headers): string {
  const bearer = 'Bearer realm="ai-dock"';
  return headers.has("sec-fetch-site") ? bearer : `Basic realm="ai-dock", charset="UTF-8", ${bearer}`;
}
