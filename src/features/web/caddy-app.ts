import type { Json, Site } from "./site.ts";

/** Connections that outlive a reload, websockets most of all, in Go's notation. */
export const STREAMS_STAY = "720h";

/** How a request came, as apps read it. */
export const forwarded = {
  "X-Forwarded-For": ["{http.vars.ai_dock_client}"],
  "X-Forwarded-Host": ["{http.request.hostport}"],
  "X-Forwarded-Proto": ["{http.vars.ai_dock_proto}"],
};

/**
 * What every way to an app has. Caddy sends on at once what has no Content-Length, events and websockets. With a
 * `flush_interval` of -1 it would do so with all answers, and send the headers of each by themselves.
 */
const passing = {
  headers: { request: { set: { ...forwarded, "X-Real-Ip": ["{http.vars.ai_dock_client}"] } } },
  stream_close_delay: STREAMS_STAY,
};

/** The last routes of a port: the app, which may have to be told another name. */
export function appItself({ appHost, appPort, toldHost }: Site): Json[] {
  const proxy = {
    handler: "reverse_proxy",
    upstreams: [{ dial: `${appHost}:${appPort}` }],
    transport: { protocol: "http", dial_timeout: "3s", versions: ["1.1"] },
    ...passing,
  };
  if (toldHost === undefined) return [{ handle: [proxy] }];
  const told = `${toldHost}:${appPort}`;
  const { set } = passing.headers.request;
  return [
    ...SAME_ORIGIN.map(({ header, match }) => ({
      match,
      handle: [
        {
          handler: "headers",
          request: { replace: { [header]: [{ search_regexp: ORIGIN, replace: `http://${told}` }] } },
        },
      ],
    })),
    {
      handle: [
        {
          ...proxy,
          headers: {
            request: { set: { ...set, Host: [told] } },
            // A redirect to where the app believes to be.
            response: {
              replace: {
                Location: [{ search_regexp: `^https?://${escaped(told)}/`, replace: "/" }],
              },
            },
          },
        },
      ],
    },
  ];
}

const ORIGIN = "^https?://[^/]*";
const escaped = (text: string) => text.replaceAll(".", String.raw`\.`);

const ours = (end: string) => ["http", "https"].map((scheme) => `${scheme}://{http.request.hostport}${end}`);

/**
 * Headers that say on which page a request was made, and when that is one of the same service. Those of other pages stay as
 * they are: the app is to refuse them.
 */
const SAME_ORIGIN = [
  {
    header: "Origin",
    // Behind a proxy that changes Host, the browser's own word counts.
    match: [{ header: { Origin: ours("") } }, { header: { "Sec-Fetch-Site": ["same-origin"] } }],
  },
  { header: "Referer", match: [{ header: { Referer: ours("/*") } }] },
];

/** Routes of an image, whose proxies treat requests as ours do where they say nothing else. */
export function forTemplate(routes: Json[]): Json[] {
  return visit(routes) as Json[];
}

function visit(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(visit);
  if (typeof value !== "object" || value === null) return value;
  const copy: Json = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, visit(inner)]));
  return copy["handler"] === "reverse_proxy" ? { ...passing, ...copy } : copy;
}
