import { CString, dlopen, FFIType, type Pointer, ptr, read, toArrayBuffer } from "bun:ffi";
import { closeSync } from "node:fs";
import { constants } from "node:os";

// The only bun:ffi: what neither Bun nor node:fs offers. Every buffer that C fills is backed by an
// ArrayBuffer that stays referenced here; a bare typed array may move or be collected under a raw pointer.

const { i32, i64, i64_fast, u32, u64, pointer } = FFIType;

/** The calls themselves, for the other files of sys that wrap some of them. */
export const { symbols: libc } = dlopen("libc.so.6", {
  waitid: { args: [i32, u32, pointer, i32], returns: i32 },
  waitpid: { args: [i32, pointer, i32], returns: i32 },
  prctl: { args: [i32, u64, u64, u64, u64], returns: i32 },
  pipe2: { args: [pointer, i32], returns: i32 },
  setxattr: { args: [pointer, pointer, pointer, u64, i32], returns: i32 },
  getxattr: { args: [pointer, pointer, pointer, u64], returns: i64 },
  removexattr: { args: [pointer, pointer], returns: i32 },
  listxattr: { args: [pointer, pointer, u64], returns: i64 },
  renameat2: { args: [i32, pointer, i32, pointer, u32], returns: i32 },
  utimensat: { args: [i32, pointer, pointer, i32], returns: i32 },
  syncfs: { args: [i32], returns: i32 },
  posix_fadvise: { args: [i32, i64, i64, i32], returns: i32 },
  inotify_init1: { args: [i32], returns: i32 },
  inotify_add_watch: { args: [i32, pointer, u32], returns: i32 },
  inotify_rm_watch: { args: [i32, i32], returns: i32 },
  poll: { args: [pointer, u64, i32], returns: i32 },
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
  bind: { args: [i32, pointer, u32], returns: i32 },
  listen: { args: [i32, i32], returns: i32 },
  shutdown: { args: [i32, i32], returns: i32 },
  setsockopt: { args: [i32, i32, i32, pointer, u32], returns: i32 },
  getsockopt: { args: [i32, i32, i32, pointer, pointer], returns: i32 },
  close: { args: [i32], returns: i32 },
  fallocate: { args: [i32, i32, i64, i64], returns: i32 },
  flock: { args: [i32, i32], returns: i32 },
  madvise: { args: [u64, u64, i32], returns: i32 },
  syscall: { args: [i64, i64, i64], returns: i64 },
  read: { args: [i32, pointer, u64], returns: i64_fast },
  lseek: { args: [i32, i64, i32], returns: i64_fast },
  epoll_create1: { args: [i32], returns: i32 },
  epoll_ctl: { args: [i32, i32, i32, pointer], returns: i32 },
  epoll_wait: { args: [i32, pointer, i32, i32], returns: i32 },
  mmap: { args: [u64, u64, i32, i32, i32, i64], returns: pointer },
  mprotect: { args: [pointer, u64, i32], returns: i32 },
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

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9n;

/** Makes the kernel end this process when the one that started it has ended. */
export function endWithParent(): void {
  libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0n, 0n, 0n);
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

export function isTerminal(fd: number): boolean {
  return libc.isatty(fd) === 1;
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

const PAGE = 65536;
const PROT_READ_WRITE = 3;
const PROT_READ_EXEC = 5;
const MAP_PRIVATE_ANONYMOUS = 0x22;

/**
 * Starts a thread that runs machine code with a pointer to `data` as its argument and with every signal blocked; both
 * stay mapped for ever. False where the system refuses.
 */
export function startThread(code: Uint8Array, data: Uint8Array): boolean {
  const start = libc.mmap(0n, BigInt(2 * PAGE), PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0n);
  if (start === null || Number(start) === -1) return false;
  const argument = (Number(start) + PAGE) as Pointer;
  new Uint8Array(toArrayBuffer(start, 0, code.byteLength)).set(code);
  new Uint8Array(toArrayBuffer(argument, 0, data.byteLength)).set(data);
  if (libc.mprotect(start, BigInt(PAGE), PROT_READ_EXEC) !== 0) return false;
  // Before glibc 2.34 libc itself had no threads.
  const { symbols } = dlopen("libpthread.so.0", {
    pthread_create: { args: [pointer, pointer, pointer, pointer], returns: i32 },
  });
  const before = new Uint8Array(new ArrayBuffer(128));
  libc.sigprocmask(SIG_SETMASK, new Uint8Array(new ArrayBuffer(128)).fill(0xff), before);
  const thread = new BigUint64Array(new ArrayBuffer(8));
  const failure = symbols.pthread_create(thread, null, start, argument);
  libc.sigprocmask(SIG_SETMASK, before, null);
  return failure === 0;
}

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

/** Where the bytes of a buffer are, for a struct that points to them; keep the buffer referenced while C uses it. */
export function addressOf(buffer: ArrayBufferView): bigint {
  return BigInt(ptr(buffer as Uint8Array));
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

/** libxcrypt of Debian and Ubuntu; needed only where somebody has a password. */
const CRYPT_LIBRARY = "libcrypt.so.1";

/** crypt(3) of a password: with `setting`, which may be a whole hash, or with a new salt. Throws without libcrypt. */
export function crypt(password: string, setting?: string): string | undefined {
  const { symbols } = dlopen(CRYPT_LIBRARY, {
    crypt: { args: [pointer, pointer], returns: pointer },
    crypt_gensalt: { args: [pointer, u64, pointer, i32], returns: pointer },
  });
  const salt = setting === undefined ? symbols.crypt_gensalt(null, 0n, null, 0) : cString(setting);
  const hash = salt === null ? null : symbols.crypt(cString(password), salt);
  // A CString is an object, unlike what its type says; slice() gives a string.
  const text = hash === null ? "" : new CString(hash).slice(0);
  // crypt(3) answers "*0" or "*1" for a setting that it does not know.
  return text === "" || text.startsWith("*") ? undefined : text;
}

/** The error of the call that has just failed, with its errno `code`. */
export function systemError(call: string, path?: string): SystemError {
  const location = libc.__errno_location();
  const errno = location === null ? 0 : read.i32(location);
  const name = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0];
  return new SystemError(call, path, name ?? `errno ${errno}`);
}
