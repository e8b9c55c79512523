import { libc, systemError } from "./libc.ts";

const O_CLOEXEC = 0o2_000_000;

const ends = new Int32Array(new ArrayBuffer(8));

/** A real pipe, which a child can reopen as /dev/stdout; Bun's own "pipe" is a socket. */
export function pipe(): { read: number; write: number } {
  if (libc.pipe2(ends, O_CLOEXEC) !== 0) throw systemError("pipe2");
  return { read: ends[0] ?? -1, write: ends[1] ?? -1 };
}

const F_SETPIPE_SZ = 1031;
const F_GETPIPE_SZ = 1032;

/** Asks for a pipe buffer of that many bytes; the kernel may refuse. */
export function resizePipe(fd: number, bytes: number): void {
  libc.fcntl(fd, F_SETPIPE_SZ, bytes);
}

/** Bytes of a pipe's buffer: less than usual where the pipes of this user take too much (pipe-user-pages-soft of pipe(7)). */
export function pipeSize(fd: number): number {
  return libc.fcntl(fd, F_GETPIPE_SZ, 0);
}

const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;

/** Makes reads or writes fail with EAGAIN instead of waiting, for everyone who shares this open file. */
export function setNonblocking(fd: number): void {
  libc.fcntl(fd, F_SETFL, libc.fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
}

/** read(2) without an object per call: the number of bytes, 0 at the end, or -1 (EAGAIN, where the end is not blocking). */
export function readInto(fd: number, buffer: Uint8Array, length: number): number {
  return libc.read(fd, buffer, length) as number;
}

const SEEK_CUR = 1;

/** Where an open file is at: with O_APPEND the end of what was written last. */
export function position(fd: number): number {
  return libc.lseek(fd, 0n, SEEK_CUR) as number;
}
