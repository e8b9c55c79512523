import { z } from "zod";
import { lazy } from "../../lazy.ts";

const LIMIT_MILLISECONDS = 3000;

const ready = lazy(() => z.object({ readyConnections: z.number() }));
const quickTunnel = lazy(() => z.object({ hostname: z.string() }));
const configuration = lazy(() =>
  z.object({
    config: z.object({
      ingress: z
        .array(
          z.object({
            hostname: z.string().optional(),
            path: z.string().nullish(),
            service: z.string().optional(),
          }),
        )
        .nullish(),
    }),
  }),
);

/** A public hostname, and the service that its requests go to. */
export interface Route {
  hostname: string;
  /** A regular expression of paths; undefined for all paths. */
  path: string | undefined;
  service: string | undefined;
}

/** The client of one cloudflared on its metrics port. Every call throws when cloudflared gives no valid answer. */
export function cloudflaredMetrics(port: number) {
  const ask = async <Schema extends z.ZodType>(path: string, schema: () => Schema) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      signal: AbortSignal.timeout(LIMIT_MILLISECONDS),
      // The proxies of the environment are not for loopback.
      ...({ proxy: false } as object),
    });
    return schema().parse(await response.json());
  };
  return {
    /** The number of connections to Cloudflare. */
    connections: async (): Promise<number> => (await ask("/ready", ready)).readyConnections,
    /** The public hostname of a quick tunnel; empty for a named tunnel. */
    quickHostname: async (): Promise<string> => (await ask("/quicktunnel", quickTunnel)).hostname,
    /** The routes of a named tunnel, as configured at Cloudflare. */
    routes: async (): Promise<Route[]> =>
      ((await ask("/config", configuration)).config.ingress ?? []).flatMap(({ hostname, path, service }) =>
        hostname === undefined || hostname === "" ? [] : [{ hostname, path: path ?? undefined, service }],
      ),
  };
}

export type CloudflaredMetrics = ReturnType<typeof cloudflaredMetrics>;
