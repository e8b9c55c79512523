import { isIP } from "node:net";

/** Services that answer with the address they are asked from, in a line of its own or after `ip=`; by IPv4 alone. */
const SERVICES = ["https://1.1.1.1/cdn-cgi/trace", "https://api.ipify.org", "https://ipv4.icanhazip.com"];
const ANSWER_MILLISECONDS = 5000;
const LONGEST_ANSWER = 4096;

/**
 * The address of this machine on the internet: what the cloud says (vast.ai, RunPod), else what a service outside sees.
 * Undefined where neither knows.
 */
export async function externalAddress(
  env: Record<string, string>,
  services: string[] = SERVICES,
): Promise<string | undefined> {
  for (const name of ["PUBLIC_IPADDR", "RUNPOD_PUBLIC_IP"]) {
    const address = (env[name] ?? "").trim();
    if (isIP(address) !== 0) return address;
  }
  for (const service of services) {
    const address = await ask(service);
    if (address !== undefined) return address;
  }
  return undefined;
}

async function ask(service: string): Promise<string | undefined> {
  try {
    const response = await fetch(service, { signal: AbortSignal.timeout(ANSWER_MILLISECONDS) });
    if (!response.ok) return undefined;
    const lines = (await response.text()).slice(0, LONGEST_ANSWER).split("\n");
    return lines.map((line) => line.replace(/^ip=/, "").trim()).find((line) => isIP(line) !== 0);
  } catch {
    return undefined;
  }
}
