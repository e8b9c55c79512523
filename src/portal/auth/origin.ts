import type { Visitor } from "./visitor.ts";

/** Where the page lies that has made a request: ours to the letter, on another port of our host, elsewhere, or unknown. */
export type Origin = "same" | "same-host" | "foreign" | "unknown";

/** Judges the Origin header, which browsers put on every request that may change something. */
export function originOf({ headers, host }: Pick<Visitor, "headers" | "host">): Origin {
  const given = headers.get("origin");
  if (given === null) return originOfFetch(headers.get("sec-fetch-site"));
  const [origin, own] = [parse(given), parse(`http://${host}`)];
  if (origin === undefined || own === undefined) return "foreign";
  // A proxy of the cloud may end https in front of us, so that the scheme is not compared.
  if (origin.hostname !== own.hostname) return "foreign";
  return portOf(origin) === portOf(own) ? "same" : "same-host";
}

function originOfFetch(site: string | null): Origin {
  if (site === null) return "unknown";
  return site === "same-origin" || site === "none" ? "same" : "foreign";
}

function parse(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === "/" ? url : undefined;
}

/** The port as written, but for those that a browser leaves out. */
function portOf({ port }: URL): string {
  return port === "443" || port === "80" ? "" : port;
}
