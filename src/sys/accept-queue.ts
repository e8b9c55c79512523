import { closeSync, writeSync } from "node:fs";
import { libc } from "./libc.ts";
import { readInto } from "./pipes.ts";
import { plainAddress } from "./tcp-sockets.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const NETLINK_SOCK_DIAG = 4;
const SOCK_RAW = 3;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2_000_000;

const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST = 1;
const IPPROTO_TCP = 6;
const TCP_ESTABLISHED = 1;

/** struct nlmsghdr, struct inet_diag_req_v2 and, within that and the reply, struct inet_diag_sockid. */
const HEADER_BYTES = 16;
const REQUEST_BYTES = HEADER_BYTES + 8 + 48;
/** Fields of struct inet_diag_msg. */
const STATE_AT = HEADER_BYTES + 1;
const INODE_AT = HEADER_BYTES + 4 + 48 + 16;

const reply = Buffer.from(new ArrayBuffer(4096));

export interface Endpoint {
  address: string;
  port: number;
}

/**
 * True while a connection to `server` on this machine, made from `client`, waits to be accepted: the kernel knows it as
 * established, and without an inode. False also where the kernel does not tell: for a server elsewhere, in gVisor, and
 * where it lacks tcp_diag. See sock_diag(7).
 */
export function awaitsAccept(server: Endpoint, client: Endpoint): boolean {
  const [source, target] = [addressBytes(server.address), addressBytes(client.address)];
  const request = Buffer.alloc(REQUEST_BYTES);
  request.writeUInt32LE(REQUEST_BYTES, 0);
  request.writeUInt16LE(SOCK_DIAG_BY_FAMILY, 4);
  request.writeUInt16LE(NLM_F_REQUEST, 6);
  const family = source.byteLength === 4 ? AF_INET : AF_INET6;
  request.set([family, IPPROTO_TCP], HEADER_BYTES);
  request.fill(0xff, HEADER_BYTES + 4, HEADER_BYTES + 8);
  const id = HEADER_BYTES + 8;
  request.writeUInt16BE(server.port, id);
  request.writeUInt16BE(client.port, id + 2);
  request.set(source, id + 4);
  request.set(target, id + 20);
  // INET_DIAG_NOCOOKIE: whichever socket it is.
  request.fill(0xff, id + 40);
  const count = ask(request);
  if (count <= INODE_AT || reply.readUInt16LE(4) !== SOCK_DIAG_BY_FAMILY) return false;
  return reply[STATE_AT] === TCP_ESTABLISHED && reply.readUInt32LE(INODE_AT) === 0;
}

/** Asks the kernel, which answers at once; how many bytes `reply` has of that. */
function ask(request: Uint8Array): number {
  const fd = libc.socket(AF_NETLINK, SOCK_RAW | O_NONBLOCK | O_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd === -1) return 0;
  try {
    writeSync(fd, request);
    return readInto(fd, reply, reply.byteLength);
  } catch {
    return 0;
  } finally {
    closeSync(fd);
  }
}

function addressBytes(text: string): Uint8Array {
  const plain = plainAddress(text);
  if (!plain.includes(":")) return Uint8Array.from(plain.split("."), Number);
  const groups = plain.split(":").map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}
