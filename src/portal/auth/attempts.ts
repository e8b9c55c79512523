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
/** Failures of all addresses together before strangers are slowed: whoever guesses may have any number of addresses. */
const FREE_FOR_ALL = 1000;
/** Further ones are not counted: nobody waits longer than a minute for what others do. */
const MOST_FOR_ALL = FREE_FOR_ALL + 60;
/** So often one more failure of all together is free again: nobody gets through more than 86,400 guesses a day. */
const FORGIVEN_EACH_MILLISECONDS = 1000;
/** Addresses that have logged in, and are no strangers. */
const MOST_FRIENDS = 1000;

interface Record {
  failures: number;
  /** Of the last failure. */
  at: number;
}

/**
 * Counts failed logins by address: after some, each further one costs a wait, which doubles. Where failures come from very
 * many addresses, all but those that have logged in before have to wait. Times in milliseconds.
 */
export class Attempts {
  readonly #records = new Map<string, Record>();
  readonly #friends = new Map<string, true>();
  /** Failures of all addresses that are not forgiven yet, as of a time. */
  #all: Record = { failures: 0, at: 0 };

  /** Whole seconds that an address has to wait before its next attempt is looked at; 0: none. */
  wait(address: string, now = performance.now()): number {
    const network = networkOf(address);
    const record = this.#records.get(network);
    const own = record === undefined ? 0 : record.at + this.#waitAfter(record.failures) - now;
    const excess = this.#friends.has(network) ? 0 : this.#failuresOfAll(now) - FREE_FOR_ALL;
    return Math.max(0, Math.ceil(Math.max(own, excess * FORGIVEN_EACH_MILLISECONDS) / 1000));
  }

  #waitAfter(failures: number): number {
    if (failures < FREE_FAILURES) return 0;
    return Math.min(FIRST_WAIT_MILLISECONDS * 2 ** (failures - FREE_FAILURES), LONGEST_WAIT_MILLISECONDS);
  }

  failed(address: string, now = performance.now()): void {
    const network = networkOf(address);
    const before = this.#records.get(network);
    const failures = before === undefined || now - before.at > MEMORY_MILLISECONDS ? 0 : before.failures;
    put(this.#records, network, { failures: failures + 1, at: now }, MOST_ADDRESSES);
    this.#all = { failures: Math.min(this.#failuresOfAll(now) + 1, MOST_FOR_ALL), at: now };
  }

  succeeded(address: string): void {
    const network = networkOf(address);
    this.#records.delete(network);
    put(this.#friends, network, true, MOST_FRIENDS);
  }

  #failuresOfAll(now: number): number {
    return Math.max(0, this.#all.failures - (now - this.#all.at) / FORGIVEN_EACH_MILLISECONDS);
  }
}

/** Puts an entry at the end; the first one goes where there are too many. */
function put<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
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
