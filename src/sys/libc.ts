import { dlopen, FFIType, ptr, read } from "bun:ffi";
import { closeSync } from "node:fs";
import { constants } from "node:os";

// The only bun:ffi: what neither Bun nor node:fs offers. Every buffer that C fills is backed by an
// ArrayBuffer that stays referenced here; a bare typed array may move or be collected under a raw pointer.

const { i32, i64, u32, u64, pointer } = FFIType;

/** The calls themselves, for the other files of sys that wrap some of them. */
export const { symbols: libc } = dlopen("libc.so.6", {
  waitid: { args: [i32, u32, pointer, i32], returns: i32 },
  waitpid: { args: [i32, pointer, i32], returns: i32 },
  prctl: { args: [i32, u64, u64, u64, u64], returns: i32 },
  pipe2: { args: [pointer, i32], returns: i32 },
  setxattr: { args: [pointer, pointer, pointer, u64, i32], returns: i32 },
  getxattr: { args: [pointer, pointer, pointer, u64], returns: i64 },
  removexattr: { args: [pointer, pointer], returns: i32 },
  isatty: { args: [i32], returns: i32 },
  setpgid: { args: [i32, i32], returns: i32 },
  tcsetpgrp: { args: [i32, i32], returns: i32 },
  signal: { args: [i32, pointer], returns: pointer },
  sigprocmask: { args: [i32, pointer, pointer], returns: i32 },
  execvpe: { args: [pointer, pointer, pointer], returns: i32 },
  fcntl: { args: [i32, i32, i32], returns: i32 },
  prlimit: { args: [i32, i32, pointer, pointer], returns: i32 },
  mount: { args: [pointer, pointer, pointer, u64, pointer], returns: i32 },
  umount2: { args: [pointer, i32], returns: i32 },
  socket: { args: [i32, i32, i32], returns: i32 },
  connect: { args: [i32, pointer, u32], returns: i32 },
  getsockopt: { args: [i32, i32, i32, pointer, pointer], returns: i32 },
  close: { args: [i32], returns: i32 },
  flock: { args: [i32, i32], returns: i32 },
  madvise: { args: [u64, u64, i32], returns: i32 },
  syscall: { args: [i64, i64, i64], returns: i64 },
  __errno_location: { args: [], returns: pointer },
});

const P_ALL = 0;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x0100_0000;

/** Index of si_pid in siginfo_t on 64-bit Linux, in words of 4 bytes. */
const SI_PID = 4;

const siginfo = new Int32Array(new ArrayBuffer(128));
const siginfoPointer = ptr(siginfo);
const pipeEnds = new Int32Array(new ArrayBuffer(8));
const pipePointer = ptr(pipeEnds);

/** The pid of a child that has ended and has not been waited for, or 0. Leaves it waitable. */
export function peekEndedChild(): number {
  siginfo[SI_PID] = 0;
  if (libc.waitid(P_ALL, 0, siginfoPointer, WEXITED | WNOHANG | WNOWAIT) !== 0) return 0;
  return siginfo[SI_PID] ?? 0;
}

/** Waits for one ended child without blocking and drops its status. */
export function discardChild(pid: number): void {
  libc.waitpid(pid, null, WNOHANG);
}

/** The same number on every architecture. */
const SYS_PIDFD_OPEN = 434n;

/** True where the kernel has pidfd_open(2) and lets us call it; seccomp profiles, gVisor and Linux below 5.3 do not. */
export function hasPidfd(): boolean {
  const fd = Number(libc.syscall(SYS_PIDFD_OPEN, BigInt(process.pid), 0n));
  if (fd >= 0) closeSync(fd);
  return fd >= 0;
}

const PR_SET_CHILD_SUBREAPER = 36;

let isAdopter = process.pid === 1;

/** Makes orphaned descendants our children. False where the kernel refuses. */
export function becomeSubreaper(): boolean {
  isAdopter ||= libc.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n) === 0;
  return isAdopter;
}

/** True where orphaned descendants become our children: as PID 1 or subreaper. */
export function adoptsOrphans(): boolean {
  return isAdopter;
}

const O_CLOEXEC = 0o2_000_000;

/** A real pipe, which a child can reopen as /dev/stdout; Bun's own "pipe" is a socket. */
export function pipe(): { read: number; write: number } {
  if (libc.pipe2(pipePointer, O_CLOEXEC) !== 0) throw systemError("pipe2");
  return { read: pipeEnds[0] ?? -1, write: pipeEnds[1] ?? -1 };
}

const RLIMIT_LOCKS = 10;
const UNLIMITED = 2n ** 64n - 1n;
const limit = new BigUint64Array(new ArrayBuffer(16));
const limitPointer = ptr(limit);

/**
 * Marks every process started from now on, and all it forks whatever it does to its environment, session or
 * files: by the limit on file locks, which Linux has ignored since 2.4 but still hands down. Undefined: none.
 */
export function markChildren(mark: number | undefined): void {
  limit[0] = mark === undefined ? UNLIMITED : BigInt(mark);
  limit[1] = UNLIMITED;
  libc.prlimit(0, RLIMIT_LOCKS, limitPointer, null);
}

const RLIMIT_NOFILE = 7;

/** How many files this process may have open at once: now, and at most after raising its own limit. */
export function openFilesLimits(): { soft: bigint; hard: bigint } {
  libc.prlimit(0, RLIMIT_NOFILE, null, limitPointer);
  return { soft: limit[0] ?? 0n, hard: limit[1] ?? 0n };
}

/** Sets both limits for this process and all that it starts from now on. */
export function setOpenFilesLimit(soft: bigint, hard: bigint): void {
  limit[0] = soft;
  limit[1] = hard;
  libc.prlimit(0, RLIMIT_NOFILE, limitPointer, null);
}

const F_SETPIPE_SZ = 1031;

/** Asks for a pipe buffer of that many bytes; the kernel may grant less or nothing. */
export function growPipe(fd: number, bytes: number): void {
  libc.fcntl(fd, F_SETPIPE_SZ, bytes);
}

const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;

/** Makes reads or writes fail with EAGAIN instead of waiting, for everyone who shares this open file. */
export function setNonblocking(fd: number): void {
  libc.fcntl(fd, F_SETFL, libc.fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
}

export function isTerminal(fd: number): boolean {
  return libc.isatty(fd) === 1;
}

const LOCK_EX = 2;
const LOCK_NB = 4;

/** flock(2), at once; false when someone else has the lock. A file system that has no locks refuses nobody. */
export function lockFile(fd: number): boolean {
  return libc.flock(fd, LOCK_EX | LOCK_NB) === 0 || systemError("flock").code !== "EAGAIN";
}

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

const SIGNAL_COUNT = 64;
const SIG_SETMASK = 2;

/** Lets this thread, and what it starts, get every signal; pending ones arrive at once. */
export function unblockSignals(): void {
  const none = new Uint8Array(new ArrayBuffer(128));
  libc.sigprocmask(SIG_SETMASK, none, null);
}

const SIGTTOU = 22;
const SIG_IGN = 1;

/**
 * Becomes `command`: in a process group of its own that holds the terminal (when fd 0 is one), with
 * default signals and nothing blocked. Returns only when exec failed, with the errno name.
 */
export function execForeground(command: string[], env: Record<string, string>): string {
  libc.setpgid(0, 0);
  if (isTerminal(0)) {
    libc.signal(SIGTTOU, SIG_IGN);
    libc.tcsetpgrp(0, process.pid);
  }
  for (let signal = 1; signal <= SIGNAL_COUNT; signal++) libc.signal(signal, null);
  unblockSignals();
  const argv = stringVector(command);
  const envp = stringVector(Object.entries(env).map(([name, value]) => `${name}=${value}`));
  libc.execvpe(argv.strings[0] as Buffer, argv.vector, envp.vector);
  return systemError("execvpe").code;
}

/** A NULL-terminated array of C strings; keep the whole result referenced while C uses it. */
function stringVector(values: string[]): { vector: BigUint64Array; strings: Buffer[] } {
  const strings = values.map(cString);
  const vector = new BigUint64Array(new ArrayBuffer((strings.length + 1) * 8));
  for (const [index, text] of strings.entries()) vector[index] = BigInt(ptr(text));
  return { vector, strings };
}

/** A C string, allocated outside the small-buffer pool, so that the pointer owns its memory. */
export function cString(text: string): Buffer {
  const bytes = Buffer.byteLength(text);
  const buffer = Buffer.from(new ArrayBuffer(bytes + 1));
  buffer.write(text);
  return buffer;
}

class SystemError extends Error {
  readonly code: string;

  constructor(call: string, path: string | undefined, code: string) {
    super(`${code}: ${call}${path === undefined ? "" : ` "${path}"`}`);
    this.code = code;
  }
}

/** The error of the call that has just failed, with its errno `code`. */
export function systemError(call: string, path?: string): SystemError {
  const location = libc.__errno_location();
  const errno = location === null ? 0 : read.i32(location);
  const name = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0];
  return new SystemError(call, path, name ?? `errno ${errno}`);
}
