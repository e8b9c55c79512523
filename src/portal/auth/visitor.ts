/** A request as the client has sent it to Caddy, from headers that only Caddy can set. */
export interface Visitor {
  /** The guarded port it came to. */
  port: number;
  /** The client's address. */
  client: string;
  /** By https, as the browser sees it. */
  secure: boolean;
  /** Through Cloudflare. */
  tunnel: boolean;
  /** Host header, in lower case. */
  host: string;
  method: string;
  /** Path and query as sent. */
  uri: string;
  headers: Headers;
  /** Asks for another protocol: a websocket. */
  upgrade: boolean;
  /** A person's browser goes to a page, and can show ours instead. */
  navigation: boolean;
}

/** Methods that change nothing. */
const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/** True for a request that may change something: by its method, or over a websocket. */
export function canChange({ method, upgrade }: Visitor): boolean {
  return upgrade || !safeMethods.has(method);
}

/** Reads a request that Caddy has passed on as it is. */
export function visitorOf(request: Request): Visitor {
  const { pathname, search } = new URL(request.url);
  return visitor(request.headers, request.method, pathname + search);
}

/** Reads a request for which Caddy asks; undefined where nothing is asked, as for a request that a client has sent here. */
export function askedVisitor({ headers }: Request): Visitor | undefined {
  const [method, uri] = [headers.get("x-forwarded-method"), headers.get("x-forwarded-uri")];
  return method === null || uri === null ? undefined : visitor(headers, method, uri);
}

function visitor(headers: Headers, method: string, uri: string): Visitor {
  const upgrade = isSaid(headers, "x-ai-dock-upgrade") || isSaid(headers, "upgrade");
  return {
    port: Number(headers.get("x-ai-dock-port")),
    client: headers.get("x-ai-dock-client") ?? "",
    secure: headers.get("x-ai-dock-proto") === "https",
    tunnel: isSaid(headers, "x-ai-dock-tunnel"),
    host: (headers.get("x-forwarded-host") ?? headers.get("host") ?? "").toLowerCase(),
    method,
    uri,
    headers,
    upgrade,
    navigation: !upgrade && (method === "GET" || method === "HEAD") && wantsPage(headers),
  };
}

/** Caddy sends a header whose placeholder has no value as an empty one: that says nothing. */
function isSaid(headers: Headers, name: string): boolean {
  return (headers.get(name) ?? "") !== "";
}

function wantsPage(headers: Headers): boolean {
  const mode = headers.get("sec-fetch-mode");
  if (mode !== null) return mode === "navigate";
  return (headers.get("accept") ?? "").includes("text/html");
}
