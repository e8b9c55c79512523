import type { Visitor } from "./auth/visitor.ts";

/** What a script of a page asks for, rather than a person: pages ask so for hours while nobody looks. */
const BY_SCRIPT = new Set(["empty", "websocket"]);

/** Counts requests that have got past the login and that somebody is behind, for the guard of idle containers. */
export class Activity {
  count = 0;

  /** A request to an app. Data of a websocket counts by itself, not its beginning. */
  app({ method, upgrade, headers }: Visitor): void {
    const isQuiet = method === "GET" || method === "HEAD";
    if (upgrade || (isQuiet && BY_SCRIPT.has(headers.get("sec-fetch-dest") ?? ""))) return;
    this.count++;
  }

  /** A request to the portal itself: its pages, and what changes something. What programs read from it is no use. */
  portal({ method, navigation }: Visitor): void {
    if (navigation || (method !== "GET" && method !== "HEAD" && method !== "OPTIONS")) this.count++;
  }
}
