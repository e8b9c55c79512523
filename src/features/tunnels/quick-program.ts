import type { ProgramSpec } from "../../programs/spec.ts";
import { cloudflaredEnvironment, findCloudflared, NOT_INSTALLED } from "./environment.ts";
import { observeCloudflared } from "./observe.ts";
import { tunnelDefaults, tunnelFlags, tunnelLog } from "./program.ts";

export const QUICK_TUNNELS_GROUP = "quicktunnel";

/** A web service on a port of this container. */
export interface WebService {
  /** The port that the tunnel is named after. */
  port: number;
  /** The port that the tunnel leads to: that of the front where the service has one. */
  target: number;
  /** The port of the service itself where something that may ask for a password stands in front of it. */
  behind?: number;
  name: string;
}

/**
 * The program of a throwaway tunnel to a web service. QuickTunnels starts and retries the program, as Cloudflare limits
 * the attempts of all tunnels together. `onUrl` is called with the address.
 */
export function quickTunnelProgram(
  { port, target, name }: WebService,
  env: Record<string, string>,
  onUrl: (url: string) => void,
): ProgramSpec {
  const url = `--url=http://127.0.0.1:${target}`;
  return {
    ...tunnelDefaults,
    name: String(port),
    group: QUICK_TUNNELS_GROUP,
    command: [findCloudflared(env) ?? "cloudflared", "tunnel", ...tunnelFlags, url],
    // By default quick tunnels insist on QUIC, and never connect where UDP is blocked.
    environment: { TUNNEL_TRANSPORT_PROTOCOL: "auto", ...cloudflaredEnvironment(env) },
    autostart: false,
    autorestart: false,
    // A tunnel that fails is EXITED, never FATAL: no container is unhealthy for lack of a quick tunnel.
    startsecs: 0,
    priority: 1000,
    facts: { service: name, target },
    stdout: tunnelLog(`${QUICK_TUNNELS_GROUP}:${port}`),
    observe(observed) {
      return observeCloudflared({
        ...observed,
        fact(key, value) {
          observed.fact(key, value);
          if (key === "url" && typeof value === "string") onUrl(value);
        },
      });
    },
    prepare: async () => (findCloudflared(env) === undefined ? NOT_INSTALLED : undefined),
    origin: { kind: "runtime" },
  };
}
