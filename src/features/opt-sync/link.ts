import { renameSync, rmdirSync, symlinkSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { exchange } from "../../sys/rename.ts";
import { removeEntry } from "./remove-tree.ts";

/** File systems that cannot swap a directory and a link: overlayfs for a directory of the image. */
const NO_EXCHANGE = new Set(["EXDEV", "EINVAL", "ENOSYS", "EOPNOTSUPP", "ENOTSUP", "EPERM"]);

const temporary = (name: string) => `.${name}.opt-sync`;

/** Beside a directory whose removal has begun, and which nobody may take for whole. */
const removing = (name: string) => `.${name}.opt-sync-removing`;

/** True when an earlier boot has begun to remove the container's directory. */
export function isHalfRemoved(opt: DirectoryHandle, name: string): boolean {
  return opt.entry(removing(name)) !== undefined;
}

/**
 * Puts a link in the place of a directory, a link or nothing, and removes the directory. A swap where the file system
 * has one; else the directory is emptied first, and an interrupted removal goes on at the next boot. Throws with an
 * errno `code`.
 */
export function replaceByLink(opt: DirectoryHandle, name: string, target: string): void {
  tidy(opt, name);
  const isDirectory = opt.entry(name)?.isDirectory() === true;
  symlinkSync(target, opt.at(temporary(name)));
  if (!isDirectory) {
    renameSync(opt.at(temporary(name)), opt.at(name));
  } else if (!isHalfRemoved(opt, name) && swap(opt, name)) {
    removeEntry(opt, temporary(name));
  } else {
    renameSync(opt.at(temporary(name)), opt.at(removing(name)));
    for (const entry of entriesOf(opt, name)) removeIn(opt, name, entry);
    rmdirSync(opt.at(name));
    renameSync(opt.at(removing(name)), opt.at(name));
    return;
  }
  removeEntry(opt, removing(name));
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

function entriesOf(opt: DirectoryHandle, name: string): string[] {
  using directory = opt.child(name);
  return directory.listNow().map((entry) => entry.name);
}

function removeIn(opt: DirectoryHandle, name: string, entry: string): void {
  using directory = opt.child(name);
  removeEntry(directory, entry);
}
