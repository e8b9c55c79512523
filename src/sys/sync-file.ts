import { closeSync, openSync } from "node:fs";
import { cString, libc, systemError } from "./libc.ts";

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const POSIX_FADV_DONTNEED = 4;
const SECOND = 1_000_000_000n;

/** Sets the times of a file or directory in nanoseconds, with `nofollow` of a symlink itself. Throws with an errno `code`. */
export function setTimes(path: string, accessed: bigint, modified: bigint, nofollow = false): void {
  const times = new BigInt64Array(new ArrayBuffer(32));
  times.set([accessed / SECOND, accessed % SECOND, modified / SECOND, modified % SECOND]);
  if (libc.utimensat(AT_FDCWD, cString(path), times, nofollow ? AT_SYMLINK_NOFOLLOW : 0) !== 0)
    throw systemError("utimensat", path);
}

/** Writes everything that the file system of a directory holds in memory to its disk. Throws with an errno `code`. */
export function syncFileSystem(directory: string): void {
  const fd = openSync(directory, "r");
  try {
    if (libc.syncfs(fd) !== 0) throw systemError("syncfs", directory);
  } finally {
    closeSync(fd);
  }
}

/** Drops what memory keeps of a file, so that the next read asks its disk. */
export function forgetCached(fd: number): void {
  libc.posix_fadvise(fd, 0n, 0n, POSIX_FADV_DONTNEED);
}
