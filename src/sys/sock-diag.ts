import { libc } from "./libc.ts";

// What requests for the kernel's table of sockets have in common: sock_diag(7), linux/netlink.h, linux/inet_diag.h.

export const AF_INET = 2;
export const AF_INET6 = 10;
const IPPROTO_TCP = 6;

export const SOCK_DIAG_BY_FAMILY = 20;
/** Bytes of struct nlmsghdr, and of struct inet_diag_req_v2, which follows. */
export const HEADER_BYTES = 16;
const REQUEST_BYTES = HEADER_BYTES + 56;

/** States of TCP as the kernel numbers them. */
export const ESTABLISHED = 1;
export const CLOSE_WAIT = 8;
export const LISTEN = 10;

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_NONBLOCK_CLOEXEC = 0o2_004_000;
const NETLINK_SOCK_DIAG = 4;

/** A socket for requests, which needs no right; -1 where the kernel has none. */
export function openSockDiag(): number {
  return libc.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

/** A request about sockets of TCP, with the fields that each has. */
export function sockDiagRequest(family: number, flags: number): Buffer {
  const request = Buffer.alloc(REQUEST_BYTES);
  request.writeUInt32LE(REQUEST_BYTES, 0);
  request.writeUInt16LE(SOCK_DIAG_BY_FAMILY, 4);
  request.writeUInt16LE(flags, 6);
  request.set([family, IPPROTO_TCP], HEADER_BYTES);
  return request;
}
