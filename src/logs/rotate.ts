import { copyFileSync, renameSync } from "node:fs";
import { errnoOf } from "../errors.ts";

/**
 * Moves PATH.N-1 to PATH.N … and PATH to PATH.1. False when PATH cannot be renamed: then it has been
 * copied (as far as that was possible) and the caller starts it over, so that the disk use stays bounded.
 */
export function rotate(path: string, backups: number): boolean {
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
    copyFileSync(path, `${path}.1`);
  } catch {
    // The limit on disk use holds even where no generation can be kept.
  }
  return false;
}
