import { z } from "zod";

const LIMIT_MILLISECONDS = 3000;

const ready = z.object({ readyConnections: z.number() });
const quickTunnel = z.object({ hostname: z.string() });
const configuration = z.object({
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
});

/** A public name, and where requests to it go. */
export interface Route {
  hostname: string;
  /** A regular expression for the paths that this is about; all of them without one. */
  path: string | undefined;
  service: string | undefined;
}

/** What one cloudflared tells of itself, on the port of its metrics. Throws when it does not answer. */
export function cloudflaredMetrics(port: number) {
  const ask = async <Schema extends z.ZodType>(path: string, schema: Schema) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      signal: AbortSignal.timeout(LIMIT_MILLISECONDS),
      // A proxy that the environment names is for what lies outside.
      ...({ proxy: false } as object),
    });
    return schema.parse(await response.json());
  };
  return {
    /** How many connections to Cloudflare are up. */
    connections: async (): Promise<number> => (await ask("/ready", ready)).readyConnections,
    /** The public name of a quick tunnel; empty for any other. */
    quickHostname: async (): Promise<string> => (await ask("/quicktunnel", quickTunnel)).hostname,
    /** The public names of a named tunnel, as Cloudflare has configured it, and where each leads. */
    routes: async (): Promise<Route[]> =>
      ((await ask("/config", configuration)).config.ingress ?? []).flatMap(({ hostname, path, service }) =>
        hostname === undefined || hostname === "" ? [] : [{ hostname, path: path ?? undefined, service }],
      ),
  };
}

export type CloudflaredMetrics = ReturnType<typeof cloudflaredMetrics>;
