import type { ProgramSpec } from "../../programs/spec.ts";
import type { TunnelService } from "../web/tunnel-targets.ts";
import { cloudflaredEnvironment, findCloudflared, NOT_INSTALLED } from "./environment.ts";
import { observeCloudflared } from "./observe.ts";
import { tunnelDefaults, tunnelFlags, tunnelLog } from "./program.ts";

export const QUICK_TUNNELS_GROUP = "quicktunnel";

/**
 * The program of a throwaway tunnel to a web service. QuickTunnels starts and retries the program, as Cloudflare limits
 * the attempts of all tunnels together. `onUrl` is called with the address.
 */
export function quickTunnelProgram(
  { port, target, name, https }: TunnelService,
  env: Record<string, string>,
  onUrl: (url: string) => void,
): ProgramSpec {
  const url = `--url=${https ? "https" : "http"}://127.0.0.1:${target}`;
  // The certificate of our front names the address outside; nobody can come between on loopback.
  const flags = https ? [...tunnelFlags, "--no-tls-verify"] : tunnelFlags;
  return {
    ...tunnelDefaults,
    name: String(port),
    group: QUICK_TUNNELS_GROUP,
    command: [findCloudflared(env) ?? "cloudflared", "tunnel", ...flags, url],
    // By default quick tunnels insist on QUIC, and never connect where UDP is blocked.
    environment: { TUNNEL_TRANSPORT_PROTOCOL: "auto", ...cloudflaredEnvironment(env) },
    autostart: false,
    autorestart: false,
    // A tunnel that fails is EXITED, never FATAL: no container is unhealthy for lack of a quick tunnel.
    startsecs: 0,
    priority: 1000,
    facts: { service: name, target: port },
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
