import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";

const LOWEST = 10_000;
const HIGHEST = 65_535;
const ATTEMPTS = 100;

/**
 * A TCP port that nobody listens on, for whoever closes it and opens it again. The kernel gives it to no outgoing
 * connection meanwhile, as it would one that it chose itself.
 */
export function freePort(): number {
  const [first] = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s/, 1);
  // Where the kernel chooses from all there are, there is no better.
  const end = Number(first) > LOWEST ? Number(first) : HIGHEST + 1;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(LOWEST, end);
    try {
      Bun.listen({ port, hostname: "0.0.0.0", socket: { data() {} } }).stop(true);
      return port;
    } catch {
      // Taken.
    }
  }
  throw new Error(`No free port among ${ATTEMPTS} from ${LOWEST} to ${end - 1}`);
}
