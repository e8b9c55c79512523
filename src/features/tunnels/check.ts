import { Resolver } from "node:dns/promises";
import { errnoOf, messageOf } from "../../errors.ts";
import { findCloudflared, HOW_TO_INSTALL } from "./environment.ts";
import { type Check, failed, type CheckResult, ok, warning } from "../check.ts";

const EDGE = "region1.v2.argotunnel.com";
const CLOCK_URL = "https://api.cloudflare.com/";
const NETWORK_LIMIT_MILLISECONDS = 5000;
/** A lost DNS query is repeated after this wait, up to MOST_TRIES times. */
const FIRST_WAIT_MILLISECONDS = 1000;
const MOST_TRIES = 4;
/** With a clock further off, certificates and tokens are refused. */
const LARGEST_DRIFT_SECONDS = 60;

/** Checks whether tunnels can be opened; asks the network only where a tunnel is wanted. */
export const tunnelsCheck: Check = async ({ env, settings }) => {
  const wanted = settings.CF_TUNNEL_TOKEN !== undefined || settings.CF_QUICK_TUNNELS !== false;
  const path = findCloudflared(env);
  const installed =
    path === undefined
      ? (wanted ? failed : warning)("cloudflared", "not installed", HOW_TO_INSTALL)
      : ok("cloudflared", path);
  if (!wanted)
    return [installed, ok("tunnels", "none wanted: neither CF_TUNNEL_TOKEN nor CF_QUICK_TUNNELS is set")];
  return [installed, ...(await Promise.all([checkEdge(), checkClock()]))];
};

async function checkEdge(): Promise<CheckResult> {
  try {
    const address = await resolveWithin(NETWORK_LIMIT_MILLISECONDS, EDGE);
    return ok("dns", `${EDGE} is ${address}`);
  } catch (error) {
    return failed(
      "dns",
      `cannot resolve ${EDGE}: ${messageOf(error)}`,
      "docker run --dns 1.1.1.1, or let the container reach the internet",
    );
  }
}

async function checkClock(): Promise<CheckResult> {
  try {
    const { headers } = await fetch(CLOCK_URL, {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.timeout(NETWORK_LIMIT_MILLISECONDS),
    });
    const drift = Math.round(Math.abs(Date.now() - Date.parse(headers.get("date") ?? "")) / 1000);
    if (drift <= LARGEST_DRIFT_SECONDS) return ok("clock", `within ${drift} s of Cloudflare's`);
    return failed("clock", `${drift} s off Cloudflare's`, "set the clock of the host; containers share it");
  } catch (error) {
    return warning("clock", `cannot be compared: ${messageOf(error)}`);
  }
}

/**
 * Asks the name servers (not /etc/hosts) for the first IPv4 address of a name. `dns.lookup` would hold the end of the
 * process, as it cannot be cancelled. Throws when there is no such name, or no answer in time.
 */
export async function resolveWithin(
  milliseconds: number,
  name: string,
  servers?: readonly string[],
): Promise<string> {
  const resolver = new Resolver({ timeout: FIRST_WAIT_MILLISECONDS, tries: MOST_TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  const timer = setTimeout(() => resolver.cancel(), milliseconds);
  try {
    const [address] = await resolver.resolve4(name);
    if (address === undefined) throw new Error("no address");
    return address;
  } catch (error) {
    const code = errnoOf(error);
    throw new Error(code === "ECANCELLED" ? "no answer" : (code ?? messageOf(error)), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
