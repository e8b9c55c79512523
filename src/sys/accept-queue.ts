import { closeSync, writeSync } from "node:fs";
import { readInto } from "./pipes.ts";
import {
  AF_INET,
  AF_INET6,
  ESTABLISHED,
  HEADER_BYTES,
  openSockDiag,
  SOCK_DIAG_BY_FAMILY,
  sockDiagRequest,
} from "./sock-diag.ts";
import { plainAddress } from "./tcp-sockets.ts";

const NLM_F_REQUEST = 1;

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
  const request = sockDiagRequest(source.byteLength === 4 ? AF_INET : AF_INET6, NLM_F_REQUEST);
  request.fill(0xff, HEADER_BYTES + 4, HEADER_BYTES + 8);
  // struct inet_diag_sockid.
  const id = HEADER_BYTES + 8;
  request.writeUInt16BE(server.port, id);
  request.writeUInt16BE(client.port, id + 2);
  request.set(source, id + 4);
  request.set(target, id + 20);
  // INET_DIAG_NOCOOKIE: whichever socket it is.
  request.fill(0xff, id + 40);
  const count = ask(request);
  if (count <= INODE_AT || reply.readUInt16LE(4) !== SOCK_DIAG_BY_FAMILY) return false;
  return reply[STATE_AT] === ESTABLISHED && reply.readUInt32LE(INODE_AT) === 0;
}

/** Asks the kernel, which answers at once; how many bytes `reply` has of that. */
function ask(request: Uint8Array): number {
  const fd = openSockDiag();
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
