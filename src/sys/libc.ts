import { dlopen, FFIType, ptr, read } from "bun:ffi";
import { closeSync } from "node:fs";
import { constants } from "node:os";

// The only door to libc: what neither Bun nor node:fs offers. Every buffer that C fills is backed by an
// ArrayBuffer that stays referenced here; a bare typed array may move or be collected under a raw pointer.

const { i32, i64, u32, u64, pointer } = FFIType;

const { symbols: c } = dlopen("libc.so.6", {
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
  if (c.waitid(P_ALL, 0, siginfoPointer, WEXITED | WNOHANG | WNOWAIT) !== 0) return 0;
  return siginfo[SI_PID] ?? 0;
}

/** Waits for one ended child without blocking and drops its status. */
export function discardChild(pid: number): void {
  c.waitpid(pid, null, WNOHANG);
}

/** The same number on every architecture. */
const SYS_PIDFD_OPEN = 434n;

/** True where the kernel has pidfd_open(2) and lets us call it; seccomp profiles, gVisor and Linux below 5.3 do not. */
export function hasPidfd(): boolean {
  const fd = Number(c.syscall(SYS_PIDFD_OPEN, BigInt(process.pid), 0n));
  if (fd >= 0) closeSync(fd);
  return fd >= 0;
}

const PR_SET_CHILD_SUBREAPER = 36;

let isAdopter = process.pid === 1;

/** Makes orphaned descendants our children. False where the kernel refuses. */
export function becomeSubreaper(): boolean {
  isAdopter ||= c.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n) === 0;
  return isAdopter;
}

/** True where orphaned descendants become our children: as PID 1 or subreaper. */
export function adoptsOrphans(): boolean {
  return isAdopter;
}

const O_CLOEXEC = 0o2_000_000;

/** A real pipe, which a child can reopen as /dev/stdout; Bun's own "pipe" is a socket. */
export function pipe(): { read: number; write: number } {
  if (c.pipe2(pipePointer, O_CLOEXEC) !== 0) throw systemError("pipe2");
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
  c.prlimit(0, RLIMIT_LOCKS, limitPointer, null);
}

const RLIMIT_NOFILE = 7;

/** How many files this process may have open at once: now, and at most after raising its own limit. */
export function openFilesLimits(): { soft: bigint; hard: bigint } {
  c.prlimit(0, RLIMIT_NOFILE, null, limitPointer);
  return { soft: limit[0] ?? 0n, hard: limit[1] ?? 0n };
}

/** Sets both limits for this process and all that it starts from now on. */
export function setOpenFilesLimit(soft: bigint, hard: bigint): void {
  limit[0] = soft;
  limit[1] = hard;
  c.prlimit(0, RLIMIT_NOFILE, limitPointer, null);
}

const F_SETPIPE_SZ = 1031;

/** Asks for a pipe buffer of that many bytes; the kernel may grant less or nothing. */
export function growPipe(fd: number, bytes: number): void {
  c.fcntl(fd, F_SETPIPE_SZ, bytes);
}

const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;

/** Makes reads or writes fail with EAGAIN instead of waiting, for everyone who shares this open file. */
export function setNonblocking(fd: number): void {
  c.fcntl(fd, F_SETFL, c.fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
}

export function isTerminal(fd: number): boolean {
  return c.isatty(fd) === 1;
}

/** setxattr(2). Throws with an errno `code` such as `ENOTSUP`. */
export function setXattr(path: string, name: string, value: Uint8Array): void {
  const size = BigInt(value.byteLength);
  if (c.setxattr(cString(path), cString(name), value, size, 0) !== 0) throw systemError("setxattr", path);
}

/** getxattr(2); null when the attribute is not set. Throws with an errno `code`. */
export function getXattr(path: string, name: string): Uint8Array | null {
  const buffer = Buffer.alloc(65_536);
  const size = Number(c.getxattr(cString(path), cString(name), buffer, BigInt(buffer.byteLength)));
  if (size >= 0) return buffer.subarray(0, size);
  const error = systemError("getxattr", path);
  if (error.code === "ENODATA") return null;
  throw error;
}

/** removexattr(2); an attribute that is not set is no error. Throws with an errno `code`. */
export function removeXattr(path: string, name: string): void {
  if (c.removexattr(cString(path), cString(name)) === 0) return;
  const error = systemError("removexattr", path);
  if (error.code !== "ENODATA") throw error;
}

const MS_BIND = 4096n;

/** Bind-mounts a file or directory over another. Throws with an errno `code`. */
export function bindMount(source: string, target: string): void {
  if (c.mount(cString(source), cString(target), null, MS_BIND, null) !== 0)
    throw systemError("mount", target);
}

const MS_NOSUID = 2n;
const MS_NODEV = 4n;
const MS_REMOUNT = 32n;
const MS_NOSYMFOLLOW = 256n;

/** Makes path lookups in one mount follow no symlink. Kernels before 5.10 ignore that. Throws with an errno `code`. */
export function forbidSymlinks(target: string): void {
  const flags = MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV | MS_NOSYMFOLLOW;
  if (c.mount(null, cString(target), null, flags, null) !== 0) throw systemError("mount", target);
}

const MS_RDONLY = 1n;
const EMPTY = cString("size=4k,mode=0555");

/** Mounts a directory over `target` that stays empty; `name` is what mountinfo shows. Throws with an errno `code`. */
export function mountEmpty(target: string, name: string): void {
  if (c.mount(cString(name), cString(target), cString("tmpfs"), MS_RDONLY, EMPTY) !== 0)
    throw systemError("mount", target);
}

const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

/** Takes the topmost mount of `target` away at once, whoever still uses it or answers for it. Throws with an errno `code`. */
export function detachMount(target: string): void {
  if (c.umount2(cString(target), MNT_DETACH | UMOUNT_NOFOLLOW) !== 0) throw systemError("umount2", target);
}

const LOCK_EX = 2;
const LOCK_NB = 4;

/** flock(2), at once; false when someone else has the lock. A file system that has no locks refuses nobody. */
export function lockFile(fd: number): boolean {
  return c.flock(fd, LOCK_EX | LOCK_NB) === 0 || systemError("flock").code !== "EAGAIN";
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
  const fd = c.socket(AF_UNIX, SOCK_STREAM | O_NONBLOCK | O_CLOEXEC, 0);
  if (fd === -1) return undefined;
  const credentials = new Int32Array(new ArrayBuffer(UCRED_BYTES));
  const size = new Uint32Array(new ArrayBuffer(4)).fill(UCRED_BYTES);
  try {
    if (c.connect(fd, address, address.byteLength) !== 0) return undefined;
    return c.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, size) === 0 ? credentials[0] : undefined;
  } finally {
    c.close(fd);
  }
}

const SIGNAL_COUNT = 64;
const SIG_SETMASK = 2;

/** Lets this thread, and what it starts, get every signal; pending ones arrive at once. */
export function unblockSignals(): void {
  const none = new Uint8Array(new ArrayBuffer(128));
  c.sigprocmask(SIG_SETMASK, none, null);
}

const SIGTTOU = 22;
const SIG_IGN = 1;

/**
 * Becomes `command`: in a process group of its own that holds the terminal (when fd 0 is one), with
 * default signals and nothing blocked. Returns only when exec failed, with the errno name.
 */
export function execForeground(command: string[], env: Record<string, string>): string {
  c.setpgid(0, 0);
  if (isTerminal(0)) {
    c.signal(SIGTTOU, SIG_IGN);
    c.tcsetpgrp(0, process.pid);
  }
  for (let signal = 1; signal <= SIGNAL_COUNT; signal++) c.signal(signal, null);
  unblockSignals();
  const argv = stringVector(command);
  const envp = stringVector(Object.entries(env).map(([name, value]) => `${name}=${value}`));
  c.execvpe(argv.strings[0] as Buffer, argv.vector, envp.vector);
  return systemError("execvpe").code;
}

/** A NULL-terminated array of C strings; keep the whole result referenced while C uses it. */
function stringVector(values: string[]): { vector: BigUint64Array; strings: Buffer[] } {
  const strings = values.map(cString);
  const vector = new BigUint64Array(new ArrayBuffer((strings.length + 1) * 8));
  for (const [index, text] of strings.entries()) vector[index] = BigInt(ptr(text));
  return { vector, strings };
}

/** Allocated outside the small-buffer pool, so that the pointer owns its memory. */
function cString(text: string): Buffer {
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

function systemError(call: string, path?: string): SystemError {
  const location = c.__errno_location();
  const errno = location === null ? 0 : read.i32(location);
  const name = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0];
  return new SystemError(call, path, name ?? `errno ${errno}`);
}
