import { isIPv6 } from "node:net";

/** Failures of one address before it is slowed. */
const FREE_FAILURES = 5;
const FIRST_WAIT_MILLISECONDS = 1000;
/** Not longer: others may share the address, as behind a proxy of a cloud. */
const LONGEST_WAIT_MILLISECONDS = 60_000;
/** After that time without a failure an address begins anew. */
const MEMORY_MILLISECONDS = 15 * 60_000;
/** Addresses that are remembered; the one that failed longest ago goes first. */
const MOST_ADDRESSES = 10_000;

interface Record {
  failures: number;
  /** Of the last failure. */
  at: number;
}

/** Counts failed logins by address: after some, each further one costs a wait, which doubles. Times in milliseconds. */
export class Attempts {
  readonly #records = new Map<string, Record>();
  readonly #longest: number;

  constructor(longest = LONGEST_WAIT_MILLISECONDS) {
    this.#longest = longest;
  }

  /** Whole seconds that an address has to wait before its next attempt is looked at; 0: none. */
  wait(address: string, now = performance.now()): number {
    const record = this.#records.get(networkOf(address));
    if (record === undefined || record.failures < FREE_FAILURES) return 0;
    const wait = Math.min(FIRST_WAIT_MILLISECONDS * 2 ** (record.failures - FREE_FAILURES), this.#longest);
    return Math.max(0, Math.ceil((record.at + wait - now) / 1000));
  }

  failed(address: string, now = performance.now()): void {
    const network = networkOf(address);
    const before = this.#records.get(network);
    const failures = before === undefined || now - before.at > MEMORY_MILLISECONDS ? 0 : before.failures;
    this.#records.delete(network);
    this.#records.set(network, { failures: failures + 1, at: now });
    const [oldest] = this.#records.keys();
    if (this.#records.size > MOST_ADDRESSES && oldest !== undefined) this.#records.delete(oldest);
  }

  succeeded(address: string): void {
    this.#records.delete(networkOf(address));
  }
}

/** Who has one IPv6 address has the 2⁶⁴ beside it, too. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const behind = tail === "" ? 0 : tail.split(":").length;
    while (groups.length < 8 - behind && groups.length < 4) groups.push("0");
    groups.push(...tail.split(":").filter((group) => group !== ""));
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
