import { errnoOf } from "../errors.ts";
import { listeningPorts } from "./proc.ts";

/** Every IPv4 address and every IPv6 address of this machine. */
const WILDCARDS = [{ hostname: "0.0.0.0" }, { hostname: "::", ipv6Only: true }];

/**
 * True when some socket listens on that TCP port, on any address. Asked by listening there for a moment: /proc/net/tcp takes
 * milliseconds, and is read only for a port that this user may not listen on.
 */
export function isPortTaken(port: number): boolean {
  return WILDCARDS.some((address) => {
    try {
      Bun.listen({ ...address, port, socket: { data() {} } }).stop(true);
      return false;
    } catch (error) {
      if (errnoOf(error) === "EACCES") return listeningPorts().has(port);
      return errnoOf(error) === "EADDRINUSE";
    }
  });
}
