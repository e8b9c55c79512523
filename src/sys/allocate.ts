import { fstatSync, ftruncateSync, statfsSync } from "node:fs";
import { libc, systemError } from "./libc.ts";

const TMPFS = 0x0102_1994;

/** What a file system says that cannot allocate ahead. */
const UNSUPPORTED = new Set(["EOPNOTSUPP", "ENOTSUP", "ENOSYS", "EINVAL"]);

/**
 * Gives an open file its final size, and its blocks where the file system can allocate ahead (fallocate(2)); else the
 * file is sparse. Throws with an errno `code`: ENOSPC where the blocks are not to be had. On tmpfs, memory is taken by
 * what is written alone.
 */
export function allocateFile(fd: number, bytes: number): void {
  if (statfsSync(`/proc/self/fd/${fd}`).type !== TMPFS && bytes > 0) {
    if (libc.fallocate(fd, 0, 0n, BigInt(bytes)) === 0) {
      if (fstatSync(fd).size !== bytes) ftruncateSync(fd, bytes);
      return;
    }
    const error = systemError("fallocate");
    if (!UNSUPPORTED.has(error.code)) throw error;
  }
  ftruncateSync(fd, bytes);
}
