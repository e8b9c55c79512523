import type { Explanation, Observed, Observer } from "../../programs/spec.ts";
import { type CloudflaredMetrics, cloudflaredMetrics } from "./metrics.ts";
import { isBlockedUdp, isRefusal, lastError, metricsPort, quickTunnelRefusal } from "./messages.ts";

/** How much of the last output is kept to find the reason of a failure, in characters. */
const LAST_OUTPUT = 8192;

/** The interval of looks at the metrics where no output calls for one earlier. */
const LOOK_MILLISECONDS = 10_000;
/** How long output is gathered before a look, so that a flood of lines causes few looks. */
const GATHER_MILLISECONDS = 100;

/** How many looks in a row may fail before the tunnel counts as not connected. */
const MOST_UNANSWERED = 3;

/** The exit code of cloudflared for arguments or a token that it cannot use. */
const UNUSABLE = 255;

/** Observes one cloudflared process: its connections, its last error, the address of a quick tunnel. */
export function observeCloudflared({ over, ready, note, fact }: Observed): Observer {
  let output = "";
  let port: number | undefined;
  let timer: Timer | undefined;
  /** `busy`: a look is due soon or under way. `again`: output has come since that look began. */
  let busy = false;
  let again = false;
  let wasConnected = false;
  let unanswered = 0;

  const look = async (metrics: CloudflaredMetrics) => {
    again = false;
    const answer = await metrics.connections().catch(() => undefined);
    const hostname = answer ? await metrics.quickHostname().catch(() => "") : "";
    if (over.aborted) return;
    unanswered = answer === undefined ? unanswered + 1 : 0;
    if (answer !== undefined || unanswered >= MOST_UNANSWERED) tell(answer ?? 0, hostname);
    busy = false;
    if (again) lookSoon();
    else lookAfter(LOOK_MILLISECONDS);
  };
  const tell = (connections: number, hostname: string) => {
    const error = lastError(output);
    if (connections > 0 && !wasConnected) output = "";
    wasConnected = connections > 0;
    fact("connections", connections);
    fact("error", wasConnected ? null : (error ?? null));
    fact("refused", !wasConnected && error !== undefined && isRefusal(error));
    if (hostname !== "") fact("url", `https://${hostname}`);
    note(describe(connections, hostname, error));
    ready(wasConnected);
  };
  const lookAfter = (milliseconds: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      busy = true;
      if (port !== undefined) void look(cloudflaredMetrics(port));
    }, milliseconds);
  };
  const lookSoon = () => {
    busy = true;
    lookAfter(GATHER_MILLISECONDS);
  };
  over.addEventListener("abort", () => clearTimeout(timer));
  return {
    onOutput(chunk) {
      const text = output + Buffer.from(chunk).toString();
      output = text.slice(-LAST_OUTPUT);
      if (port === undefined) {
        // Logged once, and perhaps in front of a flood of lines in the same chunk: searched before the cut.
        port = metricsPort(text);
        if (port !== undefined) fact("metrics_port", port);
      }
      again = true;
      if (port !== undefined && !busy) lookSoon();
    },
    explain({ code, signal }): Explanation | undefined {
      // A signal ended the process, not the last error.
      if (signal !== null) return undefined;
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
