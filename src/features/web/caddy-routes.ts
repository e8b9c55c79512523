import { basename, dirname } from "node:path";
import { appItself, forwarded, STREAMS_STAY } from "./caddy-app.ts";
import type { Json, Site } from "./site.ts";

export const LOOPBACK = ["127.0.0.0/8", "::1/128"];

/**
 * Session cookies of any ai-dock: cookies ignore ports, so that one of another container may come along. Without braces:
 * Caddy compiles a pattern that may hold placeholders anew for each request.
 */
export const OUR_COOKIE = String.raw`ai_dock_${"[0-9a-f]".repeat(8)}_session\s*=[^;]*(;\s*)?`;

/** Paths of the portal on every guarded port. */
const FORMS = ["/ai-dock/login", "/ai-dock/logout", "/ai-dock/pre-auth"];
const OWN_PATHS = [...FORMS, "/ai-dock/assets/*"];

/** Whoever has no login yet sends these: a slow sender must not hold connections to the portal for ever. */
const formLimits = {
  match: [{ path: FORMS, method: ["POST"] }],
  handle: [{ handler: "request_body", max_size: 64 * 1024, read_timeout: 10e9 }],
};

/** The question mark leaves the query of the request out. */
const CHECK = "/.ai-dock/check?";
const NOT_READY = "/.ai-dock/not-ready?";
const PASSED = "ai_dock_passed";

const setVariables = (values: Record<string, unknown>) => ({ handler: "vars", ...values });

/** What every request goes through first: nobody outside says who we are, and how the request came is noted. */
export function withFirstRoutes(site: Site, routes: Json[], leavingFile: string): Json[] {
  const scheme = { ai_dock_proto: "http", ai_dock_tunnel: "", ai_dock_client: "{http.vars.client_ip}" };
  const ways: Json[] = [
    { handle: [setVariables(scheme)] },
    { match: [{ protocol: "https" }], handle: [setVariables({ ai_dock_proto: "https" })] },
    {
      // The signs of a connection that cloudflared makes from this container.
      match: [{ remote_ip: { ranges: LOOPBACK }, header: { "Cf-Ray": ["*"] } }],
      handle: [setVariables({ ai_dock_proto: "https", ai_dock_tunnel: "1" })],
    },
  ];
  return [
    leave(leavingFile),
    ...ways,
    {
      handle: [
        setVariables({ ai_dock_port: String(site.port), [PASSED]: "" }),
        {
          handler: "headers",
          request: {
            delete: [
              "X-Ai-Dock-*",
              "X-Forwarded-*",
              "Forwarded",
              "X-Real-Ip",
              "X-Original-*",
              "X-Rewrite-Url",
            ],
          },
        },
      ],
    },
    {
      match: [{ path: ["/ai-dock/health-check"] }],
      handle: [{ handler: "static_response", status_code: 200, body: "ok\n", headers: noStore }],
      terminal: true,
    },
    { match: [{ path: ["/.ai-dock", "/.ai-dock/*"] }], handle: [notFound], terminal: true },
    formLimits,
    ...routes,
  ];
}

/**
 * While the file is there, Caddy is about to close connections between two requests: clients are told after the answer to
 * the one that comes, as they may otherwise send the next one in that moment.
 */
function leave(file: string): Json {
  return {
    match: [
      {
        file: { root: dirname(file), try_files: [`/${basename(file)}`] },
        // With an answer to this one, the connection is no more HTTP's.
        not: [{ header: { Upgrade: ["*"] } }],
      },
    ],
    handle: [{ handler: "headers", response: { deferred: true, set: { Connection: ["close"] } } }],
  };
}

const noStore = { "Cache-Control": ["no-store"], "Content-Type": ["text/plain; charset=utf-8"] };
const notFound = { handler: "static_response", status_code: 404, body: "Not found\n", headers: noStore };

/** The portal's own port: the portal itself asks for the login. */
export function portalRoutes(portalSocket: string): { routes: Json[]; errors: Json[] } {
  return { routes: [{ handle: [toPortal(portalSocket)] }], errors: [] };
}

/** The port of an app: a check by the portal, then the app. */
export function appRoutes(
  site: Site,
  { portalSocket, login }: { portalSocket: string; login: boolean },
): { routes: Json[]; errors: Json[] } {
  const passed = { handle: [setVariables({ [PASSED]: "1" })] };
  return {
    routes: [
      { match: [{ path: OWN_PATHS }], handle: [toPortal(portalSocket)], terminal: true },
      login ? { handle: [check(portalSocket)] } : passed,
      { handle: [withoutOurCookie] },
      ...(site.template ?? []),
      ...appItself(site),
    ],
    errors: [
      {
        match: [{ vars: { [`{http.vars.${PASSED}}`]: ["1"] } }],
        handle: [
          toPortal(portalSocket, {
            rewrite: { method: "GET", uri: NOT_READY },
            headers: { "X-Ai-Dock-Error": ["{http.error.status_code}"] },
          }),
        ],
      },
    ],
  };
}

const ourHeaders = {
  "X-Ai-Dock-Port": ["{http.vars.ai_dock_port}"],
  "X-Ai-Dock-Client": ["{http.vars.ai_dock_client}"],
  "X-Ai-Dock-Proto": ["{http.vars.ai_dock_proto}"],
  "X-Ai-Dock-Tunnel": ["{http.vars.ai_dock_tunnel}"],
};

function toPortal(
  portalSocket: string,
  { rewrite, headers = {} }: { rewrite?: Json; headers?: Json } = {},
): Json {
  return {
    handler: "reverse_proxy",
    upstreams: [{ dial: `unix/${portalSocket}` }],
    transport: {
      protocol: "http",
      dial_timeout: "2s",
      ...(rewrite ? { response_header_timeout: "10s" } : {}),
    },
    ...(rewrite === undefined ? {} : { rewrite }),
    headers: { request: { set: { ...forwarded, ...ourHeaders, ...headers } } },
    stream_close_delay: STREAMS_STAY,
  };
}

/** The portal puts this on its answers to checks; what does not have it is no answer of the portal. */
const ANSWERED = { "X-Ai-Dock-Check": ["*"] };

/**
 * Each check has a connection of its own. Up to 2.11.4 Caddy's pool of connections for one proxy could get a connection to
 * the target of another proxy of the same request, so that a check went to an app, and the app decided on it.
 */
const CHECK_TRANSPORT = {
  protocol: "http",
  dial_timeout: "2s",
  response_header_timeout: "10s",
  keep_alive: { enabled: false },
  // A connection takes two buffers, of 4 kB otherwise, and is used for some hundred bytes.
  read_buffer_size: 512,
  write_buffer_size: 2048,
};

/** A check is no upgrade, whatever the request is. */
const NO_UPGRADE = ["Connection", "Upgrade", "Sec-Websocket-*"];

/**
 * The portal decides on each request: with a 2xx the request goes on, anything else is the answer. The portal also says
 * what the app must not see; without its word the Authorization goes.
 */
function check(portalSocket: string): Json {
  const said = (header: string) => `{http.reverse_proxy.header.${header}}`;
  const allowed = [
    {
      handle: [setVariables({ [PASSED]: "1" })],
    },
    {
      match: [{ not: [{ vars: { [said("X-Ai-Dock-Authorization")]: ["keep"] } }] }],
      handle: [{ handler: "headers", request: { delete: ["Authorization"] } }],
    },
    {
      match: [{ not: [{ vars: { [said("X-Ai-Dock-Strip")]: [""] } }] }],
      handle: [{ handler: "rewrite", uri_substring: [{ find: said("X-Ai-Dock-Strip"), replace: "" }] }],
    },
    {
      match: [{ not: [{ vars: { [said("Set-Cookie")]: [""] } }] }],
      handle: [{ handler: "headers", response: { add: { "Set-Cookie": [said("Set-Cookie")] } } }],
    },
  ];
  const proxy = toPortal(portalSocket, {
    rewrite: { method: "GET", uri: CHECK },
    headers: {
      "X-Forwarded-Method": ["{http.request.method}"],
      "X-Forwarded-Uri": ["{http.request.uri}"],
      "X-Ai-Dock-Upgrade": ["{http.request.header.Upgrade}"],
    },
  });
  return {
    ...proxy,
    transport: CHECK_TRANSPORT,
    headers: { request: { ...(proxy["headers"] as Json)["request"], delete: NO_UPGRADE } },
    handle_response: [
      { match: { status_code: [2], headers: ANSWERED }, routes: allowed },
      { match: { headers: ANSWERED }, routes: [{ handle: [{ handler: "copy_response" }] }] },
      { routes: [{ handle: [{ handler: "static_response", status_code: 502 }] }] },
    ],
  };
}

const withoutOurCookie = {
  handler: "headers",
  request: { replace: { Cookie: [{ search_regexp: OUR_COOKIE, replace: "" }] } },
};
