import { appRoutes, LOOPBACK, portalRoutes, withFirstRoutes } from "./caddy-routes.ts";
import type { Json, Site } from "./site.ts";
import { pkiApp, tlsApp, type TlsPlan, tlsServer } from "./caddy-tls.ts";

export interface CaddyConfigOptions {
  adminSocket: string;
  /** Where the portal listens. */
  portalSocket: string;
  /** The file that is there while connections are to be left. */
  leavingFile: string;
  /** A login is asked for. */
  login: boolean;
  tls: TlsPlan | undefined;
  sites: Site[];
  /** How Caddy finds the socket of an address; by itself where this says nothing. */
  nameOf?: ((address: string) => string) | undefined;
}

/** Slow senders of headers are cut off; bodies and streams may take for ever. */
const HEADER_TIMEOUT = "30s";

/** What Caddy starts with: its admin API. Nothing else can then keep Caddy from starting. */
export function bareConfig(adminSocket: string): Json {
  return {
    admin: { listen: `unix/${adminSocket}|0600`, config: { persist: false } },
    logging: {
      logs: {
        default: {
          level: "WARN",
          encoder: { format: "console", time_format: "rfc3339", level_format: "lower" },
          // The last two name the whole URI of a request, with tokens in it.
          exclude: ["admin", "http.log", "http.handlers.reverse_proxy"],
        },
      },
    },
  };
}

/** Caddy's whole configuration for some sites. */
export function caddyConfig(options: CaddyConfigOptions): Json {
  const { adminSocket, sites, tls } = options;
  const servers = sites.map((site) => [`port-${site.port}`, server(site, options)]);
  return {
    ...bareConfig(adminSocket),
    apps: {
      http: { servers: Object.fromEntries(servers) as Json },
      ...(tls === undefined ? {} : { tls: tlsApp(tls), pki: pkiApp }),
    },
  };
}

function server(site: Site, options: CaddyConfigOptions): Json {
  const { tls, portalSocket, nameOf = (address) => address } = options;
  const { routes, errors } = site.kind === "portal" ? portalRoutes(portalSocket) : appRoutes(site, options);
  return {
    protocols: ["h1"],
    listen: site.listen.map(nameOf),
    read_header_timeout: HEADER_TIMEOUT,
    automatic_https: { disable: true },
    trusted_proxies: { source: "static", ranges: LOOPBACK },
    // By Cloudflare alone, while anybody may have written a part of X-Forwarded-For.
    client_ip_headers: ["Cf-Connecting-Ip"],
    ...(tls === undefined ? {} : tlsServer(tls)),
    routes: withFirstRoutes(site, routes, options.leavingFile),
    errors: { routes: errors },
  };
}
