import { constants, copyFileSync, renameSync, rmSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import { inLogDirectory } from "./trusted-path.ts";

/**
 * Renames PATH.N-1 to PATH.N … and PATH to PATH.1. False when PATH cannot be renamed: the open file `fd` has been
 * copied as far as possible, and the caller truncates the file, so that disk use stays bounded.
 */
export function rotate(path: string, fd: number, backups: number): boolean {
  return inLogDirectory(path, (place) => rotateAt(place, fd, backups));
}

function rotateAt(path: string, fd: number, backups: number): boolean {
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
    if (errnoOf(error) === "ENOENT") return true;
  }
  try {
    // A link planted there meanwhile is replaced, not followed.
    rmSync(`${path}.1`, { force: true });
    copyFileSync(`/proc/self/fd/${fd}`, `${path}.1`, constants.COPYFILE_EXCL);
  } catch {
    // The limit on disk use holds even where no generation can be kept.
  }
  return false;
}
