import { fchownSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import {
  bindTo,
  closeSocket,
  sharePort,
  startListening,
  steerTo,
  stopListening,
  type TcpSocket,
  tcpSocket,
} from "../../sys/listeners.ts";
import { Refused } from "./admin.ts";
import { caddyUser, type WebUser } from "./users.ts";

/** Ports that one process of Caddy can get from us, counting all that it ever had; it opens others itself. */
const PORTS = 32;
const FIRST_DESCRIPTOR = 3;
/** Ours have higher numbers than Caddy's, so that none is in the way of another while it starts. */
const FIRST_OF_OURS = 256;

/** Of two sockets that share a port, the one that has come later. */
const LATER = 1;

/** A socket as both processes know it. */
interface Slot {
  socket: TcpSocket;
  /** Caddy's descriptor. */
  descriptor: number;
  isBound: boolean;
}

/** The two sockets of an address. */
interface Pair {
  slots: [Slot, Slot];
  /** Which one Caddy serves. */
  served: 0 | 1 | undefined;
  /** Which one Caddy will serve with the configuration that comes next. */
  next: 0 | 1 | undefined;
}

/**
 * The sockets on which one process of Caddy listens. They are made before its start, without an address, and inherited:
 * what happens to one afterwards happens to both processes. Two sockets share each port in turn: with a new configuration
 * Caddy goes from one to the other. So connections that come meanwhile wait for the new one, and the old one, which
 * closes what it has accepted and not yet read, gets no more of them.
 */
export class CaddySockets {
  readonly #free: Slot[] = [];
  /** By address. A socket that has one keeps it for ever. */
  readonly #pairs = new Map<string, Pair>();

  /**
   * The sockets belong to the user of Caddy, as those that Caddy opens itself: only sockets of one user can share a port,
   * and a program of root that listens with SO_REUSEPORT would get connections past the login. Throws with an errno
   * `code`.
   */
  constructor({ uid, gid }: WebUser) {
    try {
      for (let index = 0; index < PORTS * 2; index++) {
        const socket = tcpSocket(FIRST_OF_OURS);
        this.#free.push({ socket, descriptor: FIRST_DESCRIPTOR + index, isBound: false });
        if (uid !== process.geteuid?.()) fchownSync(socket.fd, uid, gid);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** What Caddy inherits, in the order of its descriptors; before any has an address. */
  get descriptors(): number[] {
    return this.#free.map(({ socket }) => socket.fd);
  }

  /**
   * Opens each address anew. True where some of them are served at the moment. Throws Refused for a port that is taken; what cannot be opened for
   * another reason is left to Caddy.
   */
  openNext(addresses: readonly string[]): boolean {
    const isServed = (address: string) => this.#pairs.get(address)?.served !== undefined;
    for (const address of addresses) if (!isServed(address)) this.#openFirst(address);
    // Once it is sure that no port is taken: whoever waits at one of these must not wait in vain.
    return addresses.filter((address) => this.#openAnother(address)).length > 0;
  }

  #openFirst(address: string): void {
    const pair = this.#pairs.get(address) ?? this.#newPair(address);
    if (pair === undefined) return;
    const [slot] = pair.slots;
    try {
      if (!slot.isBound) {
        bind(slot, address);
        // Only now: nobody else who shares ports has this one.
        sharePort(slot.socket);
      }
      startListening(slot.socket);
      pair.next = 0;
    } catch (error) {
      if (!slot.isBound) {
        this.#pairs.delete(address);
        this.#free.unshift(...pair.slots);
      }
      if (errnoOf(error) !== "EADDRINUSE") return;
      this.dropNext();
      const port = Number(address.split(":")[1]);
      throw new Refused(`port ${port} is taken`, port);
    }
  }

  /** Opens the socket that is not served, where the other one is, and has all that come from now on wait there. */
  #openAnother(address: string): boolean {
    const pair = this.#pairs.get(address);
    if (pair?.served === undefined) return false;
    const index = pair.served === 0 ? 1 : 0;
    const slot = pair.slots[index];
    try {
      if (!slot.isBound) {
        sharePort(slot.socket);
        bind(slot, address);
      }
      startListening(slot.socket);
    } catch {
      return false;
    }
    // Where this fails, half of them still come to the other one.
    steerTo(slot.socket, LATER);
    pair.next = index;
    return true;
  }

  /** How Caddy's configuration names an address: the socket that is to be served next, else the one that is. */
  readonly nameOf = (address: string): string => {
    const pair = this.#pairs.get(address);
    const index = pair?.next ?? pair?.served;
    return pair === undefined || index === undefined ? address : `fd/${pair.slots[index].descriptor}`;
  };

  /** Caddy serves these addresses now, each on the socket that `nameOf` has named. All others close. */
  served(addresses: readonly string[]): void {
    const named = new Set(addresses);
    for (const [address, pair] of this.#pairs) {
      const now = named.has(address) ? (pair.next ?? pair.served) : undefined;
      for (const index of [pair.next, pair.served])
        if (index !== undefined && index !== now) stopListening(pair.slots[index].socket);
      pair.served = now;
      pair.next = undefined;
    }
  }

  /** Caddy stays where it is. */
  dropNext(): void {
    for (const pair of this.#pairs.values()) {
      if (pair.next !== undefined && pair.next !== pair.served) stopListening(pair.slots[pair.next].socket);
      pair.next = undefined;
    }
  }

  /** Once Caddy has ended. */
  close(): void {
    const slots = [...this.#free, ...[...this.#pairs.values()].flatMap((pair) => pair.slots)];
    for (const { socket } of slots) closeSocket(socket);
    this.#free.length = 0;
    this.#pairs.clear();
  }

  #newPair(address: string): Pair | undefined {
    const [first, second] = this.#free.splice(0, 2);
    if (first === undefined || second === undefined) return undefined;
    const pair: Pair = { slots: [first, second], served: undefined, next: undefined };
    this.#pairs.set(address, pair);
    return pair;
  }
}

function bind(slot: Slot, address: string): void {
  const [host = "", port] = address.split(":");
  bindTo(slot.socket, host === "" ? "" : "127.0.0.1", Number(port));
  slot.isBound = true;
}

/** Undefined where there are not enough descriptors; Caddy then opens all ports itself. */
export function makeCaddySockets(): CaddySockets | undefined {
  try {
    return new CaddySockets(caddyUser());
  } catch {
    return undefined;
  }
}
