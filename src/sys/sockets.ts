import { libc } from "./libc.ts";

const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2_000_000;
const AF_UNIX = 1;
const SOCK_STREAM = 1;
/** sun_path of sockaddr_un, its final NUL included. */
const LONGEST_SOCKET_PATH = 108;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const UCRED_BYTES = 12;

/**
 * The pid of the process that listens on a unix socket (SO_PEERCRED of unix(7)): 0 for one in another PID namespace.
 * Undefined where nobody answers at once.
 */
export function listenerPid(path: string): number | undefined {
  const address = Buffer.from(new ArrayBuffer(2 + LONGEST_SOCKET_PATH));
  address.writeUInt16LE(AF_UNIX);
  if (address.write(path, 2) < Buffer.byteLength(path)) return undefined;
  const fd = libc.socket(AF_UNIX, SOCK_STREAM | O_NONBLOCK | O_CLOEXEC, 0);
  if (fd === -1) return undefined;
  const credentials = new Int32Array(new ArrayBuffer(UCRED_BYTES));
  const size = new Uint32Array(new ArrayBuffer(4)).fill(UCRED_BYTES);
  try {
    if (libc.connect(fd, address, address.byteLength) !== 0) return undefined;
    return libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, size) === 0 ? credentials[0] : undefined;
  } finally {
    libc.close(fd);
  }
}
