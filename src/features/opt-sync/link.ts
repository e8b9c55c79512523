import { renameSync, rmdirSync, symlinkSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { exchange } from "../../sys/rename.ts";
import { removing, temporary } from "./names.ts";
import { removeEntry } from "./remove-tree.ts";

/** File systems that cannot swap a directory and a link: overlayfs for a directory of the image. */
const NO_EXCHANGE = new Set(["EXDEV", "EINVAL", "ENOSYS", "EOPNOTSUPP", "ENOTSUP", "EPERM"]);

/** True when an earlier boot has begun to remove the container's directory. */
export function isHalfRemoved(opt: DirectoryHandle, name: string): boolean {
  return opt.entry(removing(name)) !== undefined;
}

/**
 * Puts a link in the place of a directory, a link or nothing, and removes the directory. A swap where the file system
 * has one; else the directory is emptied first, and an interrupted removal goes on at the next boot. `verify` has the
 * last look at a whole directory, as late as can be, and throws where the directory must stay. Throws with an errno
 * `code`.
 */
export function replaceByLink(
  opt: DirectoryHandle,
  name: string,
  target: string,
  verify: (directory: DirectoryHandle) => void,
): void {
  tidy(opt, name);
  const isDirectory = opt.entry(name)?.isDirectory() === true;
  symlinkSync(target, opt.at(temporary(name)));
  if (!isDirectory) {
    renameSync(opt.at(temporary(name)), opt.at(name));
    removeEntry(opt, removing(name));
  } else if (!isHalfRemoved(opt, name) && swap(opt, name)) {
    verifySwapped(opt, name, verify);
    removeEntry(opt, temporary(name));
  } else empty(opt, name, verify);
}

/** Swaps back what must stay. */
function verifySwapped(opt: DirectoryHandle, name: string, verify: (directory: DirectoryHandle) => void) {
  try {
    using directory = opt.child(temporary(name));
    verify(directory);
  } catch (error) {
    exchange(opt.at(temporary(name)), opt.at(name));
    removeEntry(opt, temporary(name));
    throw error;
  }
}

function empty(opt: DirectoryHandle, name: string, verify: (directory: DirectoryHandle) => void): void {
  using directory = opt.child(name);
  if (!isHalfRemoved(opt, name)) verify(directory);
  renameSync(opt.at(temporary(name)), opt.at(removing(name)));
  for (const entry of directory.listNow()) removeEntry(directory, entry.name);
  rmdirSync(opt.at(name));
  renameSync(opt.at(removing(name)), opt.at(name));
}

/** Throws with an errno `code` where no link could be put there, as in a container with a read-only root. */
export function requireChangeable(opt: DirectoryHandle, name: string): void {
  tidy(opt, name);
  symlinkSync(name, opt.at(temporary(name)));
  tidy(opt, name);
}

/** Removes what an interrupted boot has left beside a link. */
export function tidy(opt: DirectoryHandle, name: string): void {
  removeEntry(opt, temporary(name));
  if (opt.entry(name)?.isSymbolicLink()) removeEntry(opt, removing(name));
}

function swap(opt: DirectoryHandle, name: string): boolean {
  try {
    exchange(opt.at(temporary(name)), opt.at(name));
    return true;
  } catch (error) {
    if (!NO_EXCHANGE.has(errnoOf(error) ?? "")) throw error;
    return false;
  }
}
