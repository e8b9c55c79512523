import type { Visitor } from "./visitor.ts";

/** Where the page lies that has made a request: ours to the letter, on another port of our host, elsewhere, or unknown. */
export type Origin = "same" | "same-host" | "foreign" | "unknown";

/** Judges where a request comes from, by headers that browsers set and no page can change. */
export function originOf({ headers, host }: Pick<Visitor, "headers" | "host">): Origin {
  const site = headers.get("sec-fetch-site");
  // By https, browsers judge themselves. That counts first: a proxy of a cloud may put a Host of its own on requests.
  if (site === "same-origin" || site === "none") return "same";
  if (site === "cross-site") return "foreign";
  const given = headers.get("origin");
  if (given === null) return site === null ? "unknown" : "foreign";
  const [origin, own] = [parse(given), parse(`http://${host}`)];
  if (origin === undefined || own === undefined || origin.hostname !== own.hostname) return "foreign";
  // A proxy may end https in front of us, so that the scheme is not compared.
  return portOf(origin) === portOf(own) ? "same" : "same-host";
}

function parse(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === "/" ? url : undefined;
}

/** The port as written, but for those that a browser leaves out. */
function portOf({ port }: URL): string {
  return port === "443" || port === "80" ? "" : port;
}
