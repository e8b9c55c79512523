import type { Explanation, Observed, Observer } from "../../spec.ts";
import { cloudflaredMetrics } from "./metrics.ts";
import { isBlockedUdp, isRefusal, lastError, metricsPort, quickTunnelRefusal } from "./words.ts";

/** Of its output so much is kept to tell what is wrong. */
const LAST_OUTPUT = 8192;

/** Whatever changes is logged; between lines it is looked at this often all the same. */
const LOOK_MILLISECONDS = 10_000;
/** A flood of lines makes no flood of looks. */
const GATHER_MILLISECONDS = 100;

/** Its exit code for what it cannot start with at all. */
const UNUSABLE = 255;

/** Watches one cloudflared: how many connections it has, what it complains of, the name of a quick tunnel. */
export function observeCloudflared({ over, ready, note, fact }: Observed): Observer {
  let output = "";
  let port: number | undefined;
  let timer: Timer | undefined;
  let soon = false;
  let wasConnected = false;

  const look = async () => {
    soon = false;
    if (port === undefined || over.aborted) return;
    const metrics = cloudflaredMetrics(port);
    const connections = await metrics.connections().catch(() => 0);
    const hostname = connections > 0 ? await metrics.quickHostname().catch(() => "") : "";
    const error = lastError(output);
    if (connections > 0 && !wasConnected) output = "";
    wasConnected = connections > 0;
    fact("connections", connections);
    fact("error", wasConnected ? null : (error ?? null));
    fact("refused", !wasConnected && error !== undefined && isRefusal(error));
    if (hostname !== "") fact("url", `https://${hostname}`);
    note(describe(connections, hostname, error));
    ready(wasConnected);
    if (!soon) lookAfter(LOOK_MILLISECONDS);
  };
  const lookAfter = (milliseconds: number) => {
    clearTimeout(timer);
    if (!over.aborted) timer = setTimeout(() => void look(), milliseconds);
  };
  over.addEventListener("abort", () => clearTimeout(timer));
  return {
    onOutput(chunk) {
      output = (output + Buffer.from(chunk).toString()).slice(-LAST_OUTPUT);
      if (port === undefined) {
        port = metricsPort(output);
        if (port !== undefined) fact("metrics_port", port);
      }
      if (port === undefined || soon) return;
      soon = true;
      lookAfter(GATHER_MILLISECONDS);
    },
    explain({ code }): Explanation | undefined {
      const refusal = quickTunnelRefusal(output);
      if (refusal !== undefined)
        return { reason: `Cloudflare gives no quick tunnel at the moment (${refusal})` };
      const error = lastError(output);
      if (error === undefined) return undefined;
      return { reason: error, fatal: code === UNUSABLE };
    },
  };
}

function describe(connections: number, hostname: string, error: string | undefined): string {
  const count = `${connections} ${connections === 1 ? "connection" : "connections"}`;
  if (connections > 0) return hostname === "" ? count : `https://${hostname}`;
  if (error === undefined) return count;
  if (isRefusal(error))
    return `Cloudflare refuses the tunnel: its token may be revoked, or it is deleted (${error})`;
  if (isBlockedUdp(error))
    return `${count}: ${error}; where UDP is blocked, TUNNEL_TRANSPORT_PROTOCOL=http2 saves time`;
  return `${count}: ${error}`;
}
