import { addressOf, libc, systemError } from "./libc.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2_000_000;

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

const F_DUPFD_CLOEXEC = 1030;
const SHUT_RDWR = 2;

/** What the kernel cuts down to net.core.somaxconn. */
const BACKLOG = 65_535;

const BPF_RETURN = 0x06;

/** A TCP socket that listens once it is told where: for IPv6 and IPv4, or IPv4 alone where there is no other. */
export interface TcpSocket {
  fd: number;
  family: typeof AF_INET | typeof AF_INET6;
}

/** Makes a socket whose descriptor is `from` or higher. Throws with an errno `code`. */
export function tcpSocket(from: number): TcpSocket {
  const make = (family: TcpSocket["family"]) => ({
    fd: libc.socket(family, SOCK_STREAM | O_NONBLOCK | O_CLOEXEC, 0),
    family,
  });
  let made = make(AF_INET6);
  if (made.fd === -1) made = make(AF_INET);
  if (made.fd === -1) throw systemError("socket");
  const fd = libc.fcntl(made.fd, F_DUPFD_CLOEXEC, from);
  libc.close(made.fd);
  if (fd === -1) throw systemError("fcntl");
  return { ...made, fd };
}

/**
 * Gives a socket its address, which it keeps for ever. Throws with the errno `code` EADDRINUSE where another socket
 * listens, whichever options that one has.
 */
export function bindTo({ fd, family }: TcpSocket, host: "127.0.0.1" | "", port: number): void {
  setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (family === AF_INET6) setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  const address = Buffer.from(new ArrayBuffer(family === AF_INET6 ? 28 : 16));
  address.writeUInt16LE(family);
  address.writeUInt16BE(port, 2);
  // sockaddr_in6 has the address at 8, which for an IPv4 one is ::ffff:127.0.0.1; sockaddr_in has it at 4.
  if (host !== "") address.set([127, 0, 0, 1], family === AF_INET6 ? 20 : 4);
  if (host !== "" && family === AF_INET6) address.fill(0xff, 18, 20);
  if (libc.bind(fd, address, address.byteLength) !== 0) throw systemError("bind", `${host}:${port}`);
}

/** Lets other sockets of this user that say the same have the same address. */
export function sharePort({ fd }: TcpSocket): void {
  setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
}

/** Throws with an errno `code`; EADDRINUSE where another socket has come to listen there. */
export function startListening({ fd }: TcpSocket): void {
  if (libc.listen(fd, BACKLOG) !== 0) throw systemError("listen");
}

/** Ends listening, for everyone who has this socket. Who waits to be accepted is cut off. */
export function stopListening({ fd }: TcpSocket): void {
  libc.shutdown(fd, SHUT_RDWR);
}

/**
 * Sends all connections that come from now on to one of the sockets that share a port: 0 is the one that listens longest.
 * False where the system cannot do that, and goes on to spread them.
 */
export function steerTo({ fd }: TcpSocket, index: number): boolean {
  // A classic BPF program of one instruction (struct sock_filter: code, jt, jf, k), and its struct sock_fprog.
  const instruction = new Uint32Array(new ArrayBuffer(8));
  instruction.set([BPF_RETURN, index]);
  const program = new BigUint64Array(new ArrayBuffer(16));
  program.set([1n, addressOf(instruction)]);
  return libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program, program.byteLength) === 0;
}

export function closeSocket({ fd }: TcpSocket): void {
  libc.close(fd);
}

function setOption(fd: number, level: number, option: number, value: number): void {
  const bytes = new Int32Array(new ArrayBuffer(4)).fill(value);
  if (libc.setsockopt(fd, level, option, bytes, bytes.byteLength) !== 0) throw systemError("setsockopt");
}
