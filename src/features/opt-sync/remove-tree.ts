import { rmdirSync, unlinkSync } from "node:fs";
import { AiDockError, errnoOf } from "../../errors.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";

/**
 * Removes an entry, a directory with all that it holds; follows no symlink, and enters no other file system: what is
 * mounted there is somebody's. What is not there is removed already. Throws with an errno `code`, AiDockError for a mount.
 */
export function removeEntry(parent: DirectoryHandle, name: string): void {
  try {
    unlinkSync(parent.at(name));
  } catch (error) {
    const code = errnoOf(error);
    if (code === "ENOENT") return;
    // unlink(2) of a directory: EISDIR on Linux, EPERM elsewhere.
    if (code !== "EISDIR" && code !== "EPERM") throw error;
    emptyDirectory(parent, name);
    rmdirSync(parent.at(name));
  }
}

function emptyDirectory(parent: DirectoryHandle, name: string): void {
  using directory = parent.child(name);
  if (directory.bigStat().dev !== parent.bigStat().dev)
    throw new AiDockError(`a volume is mounted at "${directory.location}"`);
  for (const entry of directory.listNow()) removeEntry(directory, entry.name);
}
