import { z } from "zod";

/** One address of a service, as a browser outside takes it. */
export const linkSchema = z.object({
  /** A mapped port, a throwaway tunnel, the tunnel of CF_TUNNEL_TOKEN, or RunPod's proxy. */
  kind: z.enum(["direct", "quick", "named", "runpod"]),
  url: z.string(),
});

/** One entry of the registry of web services. */
export const serviceSchema = z.object({
  /** The port that browsers come to; Caddy stands there unless `guarded` is false. */
  port: z.number().int(),
  name: z.string(),
  kind: z.enum(["portal", "app"]),
  /** Where the service itself listens. */
  appHost: z.string(),
  appPort: z.number().int(),
  /** What is opened first, `/` mostly. */
  path: z.string(),
  /** A login is asked for. */
  auth: z.boolean(),
  /** Our front stands on the port. False where the app holds the port itself; `reason` says what to change. */
  guarded: z.boolean(),
  /** The program behind it, as `group:name` or `name`, where one is known. */
  program: z.string().nullable(),
  /** Something listens on the app's port, and its program, if known, is ready. */
  ready: z.boolean(),
  /** Why it is not ready or not guarded. */
  reason: z.string().nullable(),
  links: z.array(linkSchema),
  /** Who has named it. */
  sources: z.array(
    z.enum(["builtin", "program", "http_ports", "portal_config", "portal_yaml", "quick_tunnels"]),
  ),
});

export type Service = z.infer<typeof serviceSchema>;
export type ServiceLink = z.infer<typeof linkSchema>;
