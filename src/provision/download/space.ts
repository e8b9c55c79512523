import { fstatSync } from "node:fs";
import { formatBytes, spaceOf } from "../../sys/disk.ts";
import { DownloadError } from "./error.ts";
import { MEBIBYTE } from "./limits.ts";

/** What a download leaves free for others: so much, or a hundredth of a small file system. */
const RESERVE_BYTES = 64 * MEBIBYTE;
const RESERVE_SHARE = 0.01;
const BLOCK_BYTES = 512;

/** Throws DownloadError "no-space" unless an open file can grow to `bytes` and leave a reserve. */
export function requireSpace(fd: number, bytes: number, path: string): void {
  const space = spaceOf(`/proc/self/fd/${fd}`);
  // Network file systems that know no free space say 0 of 0.
  if (space === undefined || space.totalBytes === 0) return;
  const reserve = Math.min(RESERVE_BYTES, space.totalBytes * RESERVE_SHARE);
  const missing = bytes - fstatSync(fd).blocks * BLOCK_BYTES;
  if (missing <= Math.max(0, space.freeBytes - reserve)) return;
  throw new DownloadError(
    "no-space",
    `"${path}": expected ${formatBytes(missing)} of free space, got ${formatBytes(space.freeBytes)}`,
    { hint: "Free some space, or use a larger volume; what is there already is kept" },
  );
}
