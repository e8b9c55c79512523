import { closeSync, existsSync, readFileSync, readSync, writeSync } from "node:fs";
import { systemError } from "./libc.ts";
import {
  AF_INET,
  AF_INET6,
  CLOSE_WAIT,
  ESTABLISHED,
  HEADER_BYTES,
  LISTEN,
  openSockDiag,
  SOCK_DIAG_BY_FAMILY,
  sockDiagRequest,
} from "./sock-diag.ts";

/** One TCP socket of this network namespace. */
export interface TcpSocket {
  /** The same as long as the socket lives. */
  id: string;
  isListening: boolean;
  localPort: number;
  remotePort: number;
  /** As `plainAddress` writes it. */
  remote: string;
  /** Both ends are in this network namespace. */
  isLocal: boolean;
  /** Of data in both directions since it was opened; undefined where the kernel does not tell. */
  bytes: number | undefined;
}

const NLM_F_REQUEST_DUMP = 0x301;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const INET_DIAG_INFO = 2;

/** Of struct inet_diag_msg (linux/inet_diag.h). */
const MESSAGE_BYTES = 72;
/** Of struct tcp_info (linux/tcp.h), since Linux 4.1. */
const BYTES_ACKED = 120;
const BYTES_RECEIVED = 128;

const BUFFER_BYTES = 64 * 1024;
/** To list more would take too much memory; of those that are left out, to look at more too much time. */
const MOST_LISTED = 20_000;
const MOST_SOCKETS = 500_000;

/**
 * Lists TCP sockets that listen or are connected, and what each has carried: by sock_diag(7), which needs no right, else by
 * /proc/net/tcp without the bytes. Connections to ports that are of no interest are left out: strangers could have very
 * many there. Throws where the kernel tells neither, and for more than 20,000 sockets.
 */
export function tcpSockets(isLeftOut: (localPort: number) => boolean = () => false): TcpSocket[] {
  try {
    return [...dump(AF_INET, isLeftOut), ...dump(AF_INET6, isLeftOut)];
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return tabledSockets();
  }
}

function dump(family: number, isLeftOut: (localPort: number) => boolean): TcpSocket[] {
  const fd = openSockDiag();
  if (fd === -1) throw systemError("socket");
  try {
    writeSync(fd, requestFor(family));
    const listing: Listing = { found: [], seen: 0, isLeftOut };
    const buffer = Buffer.alloc(BUFFER_BYTES);
    // The kernel makes each part of the answer while it is read: there is nothing to wait for.
    while (readPart(buffer.subarray(0, readSync(fd, buffer)), listing))
      if (listing.found.length > MOST_LISTED || listing.seen > MOST_SOCKETS) throw tooMany(listing.seen);
    return listing.found;
  } finally {
    closeSync(fd);
  }
}

/** struct nlmsghdr and struct inet_diag_req_v2. */
function requestFor(family: number): Buffer {
  const request = sockDiagRequest(family, NLM_F_REQUEST_DUMP);
  request[HEADER_BYTES + 2] = 1 << (INET_DIAG_INFO - 1);
  request.writeUInt32LE((1 << ESTABLISHED) | (1 << CLOSE_WAIT) | (1 << LISTEN), HEADER_BYTES + 4);
  return request;
}

interface Listing {
  found: TcpSocket[];
  seen: number;
  isLeftOut: (localPort: number) => boolean;
}

const tooMany = (count: number) => new RangeError(`more than ${count} connections`);

/** False after the last part. Throws for an error of the kernel's. */
function readPart(part: Buffer, listing: Listing): boolean {
  for (let at = 0; at + HEADER_BYTES <= part.byteLength;) {
    const length = part.readUInt32LE(at);
    const type = part.readUInt16LE(at + 4);
    if (type === NLMSG_DONE) return false;
    if (type === NLMSG_ERROR || length < HEADER_BYTES) throw new Error("sock_diag is refused");
    if (type === SOCK_DIAG_BY_FAMILY && length >= HEADER_BYTES + MESSAGE_BYTES) {
      const message = part.subarray(at + HEADER_BYTES, at + length);
      listing.seen++;
      if (message[1] === LISTEN || !listing.isLeftOut(message.readUInt16BE(4)))
        listing.found.push(readMessage(message));
    }
    at += align(length);
  }
  return part.byteLength > 0;
}

function readMessage(message: Buffer): TcpSocket {
  const family = message[0] ?? 0;
  const address = (at: number) => addressOf(message.subarray(at, at + 16), family);
  const [local, remote] = [address(8), address(24)];
  return {
    // The cookie of the socket.
    id: message.toString("hex", 44, 52),
    isListening: message[1] === LISTEN,
    localPort: message.readUInt16BE(4),
    remotePort: message.readUInt16BE(6),
    remote,
    isLocal: isLoopback(remote) || local === remote,
    bytes: bytesOf(message),
  };
}

function bytesOf(message: Buffer): number | undefined {
  for (let at = MESSAGE_BYTES; at + 4 <= message.byteLength;) {
    const length = message.readUInt16LE(at);
    if (length < 4) return undefined;
    if (message.readUInt16LE(at + 2) === INET_DIAG_INFO && length >= 4 + BYTES_RECEIVED + 8) {
      const counter = (offset: number) => Number(message.readBigUInt64LE(at + 4 + offset));
      return counter(BYTES_ACKED) + counter(BYTES_RECEIVED);
    }
    at += align(length);
  }
  return undefined;
}

const align = (length: number) => (length + 3) & ~3;

function addressOf(bytes: Buffer, family: number): string {
  if (family === AF_INET) return [...bytes.subarray(0, 4)].join(".");
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index));
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xff_ff;
  return isMapped ? [...bytes.subarray(12)].join(".") : groups.map((group) => group.toString(16)).join(":");
}

const isLoopback = (address: string) => address.startsWith("127.") || address === "0:0:0:0:0:0:0:1";

/** An address as this file writes it, from any way to write it: IPv4 with dots, IPv6 in eight groups, without a zone. */
export function plainAddress(text: string): string {
  const [address = ""] = text.toLowerCase().split("%");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(":")) return mapped ?? address;
  const [head = "", tail] = address.split("::");
  const groupsOf = (part: string) => part.split(":").filter((group) => group !== "");
  const [before, after] = [groupsOf(head), groupsOf(tail ?? "")];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
  return groups.map((group) => parseInt(group, 16).toString(16)).join(":");
}

/** The same by /proc/net/tcp and tcp6, without bytes. Throws where there is neither. */
export function tabledSockets(): TcpSocket[] {
  // Without IPv6 there is no second one.
  return ["/proc/net/tcp", "/proc/net/tcp6"]
    .filter((path, index) => index === 0 || existsSync(path))
    .flatMap(table);
}

/** Lines of proc_net_tcp(5): addresses are words in the byte order of the machine. */
function table(path: string): TcpSocket[] {
  const lines = readFileSync(path, "latin1").trim().split("\n").slice(1);
  if (lines.length > MOST_LISTED) throw tooMany(MOST_LISTED);
  return lines.flatMap((line) => {
    const [, local = "", remote = "", state = "", , , , , , inode = ""] = line.trim().split(/\s+/);
    const number = parseInt(state, 16);
    if (![ESTABLISHED, CLOSE_WAIT, LISTEN].includes(number)) return [];
    const [own, other] = [endOf(local), endOf(remote)];
    return [
      {
        id: `${path}:${inode}:${local}:${remote}`,
        isListening: number === LISTEN,
        localPort: own.port,
        remotePort: other.port,
        remote: other.address,
        isLocal: isLoopback(other.address) || own.address === other.address,
        bytes: undefined,
      },
    ];
  });
}

function endOf(text: string): { address: string; port: number } {
  const [hex = "", port = ""] = text.split(":");
  const bytes = Buffer.from(hex, "hex").swap32();
  return {
    address: addressOf(bytes, bytes.byteLength === 4 ? AF_INET : AF_INET6),
    port: parseInt(port, 16),
  };
}
