import { Resolver } from "node:dns/promises";
import { errnoOf, messageOf } from "../../errors.ts";

/** A question that was lost on its way is asked again, and again, until the limit. */
const FIRST_WAIT_MILLISECONDS = 1000;
const MOST_TRIES = 4;

/**
 * Asks the name servers for the first IPv4 address of a name; /etc/hosts has no say. `dns.lookup` cannot be
 * called off, and the process could not end before it. Throws when there is no such name or no answer.
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
