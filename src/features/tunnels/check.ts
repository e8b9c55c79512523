import { messageOf } from "../../errors.ts";
import { findCloudflared, HOW_TO_INSTALL } from "./binary.ts";
import { type Check, failed, type Finding, ok, warning } from "../check.ts";
import { resolveWithin } from "./resolve.ts";

const EDGE = "region1.v2.argotunnel.com";
const CLOCK_URL = "https://api.cloudflare.com/";
const NETWORK_LIMIT_MILLISECONDS = 5000;
/** Certificates and tokens are refused by a clock that is further off. */
const LARGEST_DRIFT_SECONDS = 60;

/** Can tunnels be opened? The network is asked only where one is wanted. */
export const tunnelsCheck: Check = async ({ env, settings }) => {
  const wanted = settings.CF_TUNNEL_TOKEN !== undefined || settings.CF_QUICK_TUNNELS !== false;
  const path = findCloudflared(env);
  const installed =
    path === undefined
      ? (wanted ? failed : warning)("cloudflared", "not installed", HOW_TO_INSTALL)
      : ok("cloudflared", path);
  if (!wanted)
    return [installed, ok("tunnels", "none wanted: neither CF_TUNNEL_TOKEN nor CF_QUICK_TUNNELS is set")];
  return [installed, ...(await Promise.all([edgeFinding(), clockFinding()]))];
};

async function edgeFinding(): Promise<Finding> {
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

async function clockFinding(): Promise<Finding> {
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
