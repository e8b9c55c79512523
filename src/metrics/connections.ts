import type { Measures, ProgramFacts } from "../control/metric-facts.ts";
import type { Exposition } from "./exposition.ts";
import { counter, gauge } from "./metric.ts";

const remote = (rest: string) => `ai_dock_remote_${rest}`;

export const remoteMetrics = {
  mounted: gauge(remote("mounted"), "1 while the remote is mounted and rclone answers", "remote"),
  pending: gauge(
    remote("pending_uploads"),
    "Files that wait for their upload or are being uploaded",
    "remote",
  ),
  cached: gauge(remote("cache_bytes"), "Size of the cached files of the remote", "remote"),
  errors: counter(remote("errors_total"), "Errors of transfers since rclone was started", "remote"),
  transferred: counter(
    remote("transferred_bytes_total"),
    "Bytes that were transferred since rclone was started",
    "remote",
  ),
};

export const tunnelMetrics = {
  up: gauge("ai_dock_tunnel_up", "1 while the tunnel is connected to Cloudflare", "tunnel"),
  connections: gauge("ai_dock_tunnel_connections", "Connections of the tunnel to Cloudflare", "tunnel"),
};

/** Programs that are tunnels: the named one, and those without a name of their own. */
const TUNNEL = /^(cloudflared$|quicktunnel:)/;

export function addRemotes(to: Exposition, programs: ProgramFacts[], measures: Measures): void {
  const m = remoteMetrics;
  for (const { id, facts, ready } of programs) {
    const { remote: name } = facts;
    if (typeof name !== "string") continue;
    const figures = measures[id] ?? {};
    to.add(m.mounted, ready, name);
    to.add(m.pending, figures["pending"], name);
    to.add(m.cached, figures["cached_bytes"], name);
    to.add(m.errors, figures["errors"], name);
    to.add(m.transferred, figures["transferred_bytes"], name);
  }
}

export function addTunnels(to: Exposition, programs: ProgramFacts[]): void {
  for (const { id, state, facts, ready } of programs) {
    if (!TUNNEL.test(id) || state === "STOPPED") continue;
    const { connections } = facts;
    to.add(tunnelMetrics.up, ready, id);
    to.add(tunnelMetrics.connections, typeof connections === "number" ? connections : 0, id);
  }
}
