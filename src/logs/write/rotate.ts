import { constants, copyFileSync, renameSync, rmSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import { inLogDirectory } from "./trusted-path.ts";

/**
 * Moves PATH.N-1 to PATH.N … and PATH to PATH.1. False when PATH cannot be renamed: then what `fd` has open has
 * been copied (as far as that was possible) and the caller starts it over, so that the disk use stays bounded.
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
    // Deleted by someone else: there is nothing to move.
    if (errnoOf(error) === "ENOENT") return true;
  }
  try {
    // What is there by now may be a link: it is replaced.
    rmSync(`${path}.1`, { force: true });
    copyFileSync(`/proc/self/fd/${fd}`, `${path}.1`, constants.COPYFILE_EXCL);
  } catch {
    // The limit on disk use holds even where no generation can be kept.
  }
  return false;
}
