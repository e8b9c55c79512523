import { renameSync } from "node:fs";
import { errnoOf } from "../errors.ts";
import { cString, libc, systemError } from "./libc.ts";

const AT_FDCWD = -100;
const RENAME_NOREPLACE = 1;
const RENAME_EXCHANGE = 2;

/** NFS, Ceph, Lustre, 9p and most of FUSE know no flags of renameat2(2). */
const NO_FLAGS = new Set(["EINVAL", "ENOSYS", "EOPNOTSUPP", "ENOTSUP"]);

/**
 * Gives a directory a new name that nothing has. Where the file system cannot promise that, rename(2) does it: a directory
 * takes the place of an empty directory at most. Throws with an errno `code`: EEXIST, ENOTEMPTY or ENOTDIR for a name that
 * is taken.
 */
export function renameDirectory(from: string, to: string): void {
  try {
    renameWith(from, to, RENAME_NOREPLACE);
  } catch (error) {
    if (!NO_FLAGS.has(errnoOf(error) ?? "")) throw error;
    renameSync(from, to);
  }
}

/** renameat2(2): swaps two entries at once. Throws with an errno `code`: EXDEV for directories of an overlay's lower layer. */
export function exchange(one: string, other: string): void {
  renameWith(one, other, RENAME_EXCHANGE);
}

function renameWith(from: string, to: string, flags: number): void {
  if (libc.renameat2(AT_FDCWD, cString(from), AT_FDCWD, cString(to), flags) !== 0)
    throw systemError("rename", `${from} -> ${to}`);
}
