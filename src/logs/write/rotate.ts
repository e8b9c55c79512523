import { constants, copyFileSync, renameSync, rmSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import { inLogDirectory } from "./trusted-path.ts";

/** Renames PATH.N-1 to PATH.N … and PATH to PATH.1. False when PATH cannot be renamed, as a bind mount. */
export function rotate(path: string, backups: number): boolean {
  return inLogDirectory(path, (place) => rotateAt(place, backups));
}

/** Copies the open file `fd` to PATH.1 as far as possible; the caller truncates it, so that disk use stays bounded. */
export function copyAside(path: string, fd: number): void {
  inLogDirectory(path, (place) => copyAt(place, fd));
}

function rotateAt(path: string, backups: number): boolean {
  for (let number = backups - 1; number >= 1; number--) {
    try {
      renameSync(`${path}.${number}`, `${path}.${number + 1}`);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") break;
    }
  }
  try {
    renameSync(path, `${path}.1`);
    return true;
  } catch (error) {
    // Deleted by another process: nothing to rename.
    return errnoOf(error) === "ENOENT";
  }
}

function copyAt(path: string, fd: number): void {
  try {
    // A link planted there meanwhile is replaced, not followed.
    rmSync(`${path}.1`, { force: true });
    copyFileSync(`/proc/self/fd/${fd}`, `${path}.1`, constants.COPYFILE_EXCL);
  } catch {
    // The limit on disk use holds even where no generation can be kept.
  }
}
