import { closeSync, fchownSync, fstatSync, openSync, rmSync } from "node:fs";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";

/** The same at each boot, so that one that a kill has left goes with the next. */
const TEST_FILE = ".ai-dock-permissions-test";

/**
 * Whether files in the workspace can be given to somebody, as WORKSPACE_PERMISSIONS says to scripts of images: not on
 * volumes without owners, such as many network shares, some of which accept a change of owner and forget it.
 */
export function keepsOwners(directory: DirectoryHandle, uid: number, gid: number): boolean {
  const path = directory.at(TEST_FILE);
  try {
    rmSync(path, { force: true });
    const file = openSync(path, "wx", 0o600);
    try {
      fchownSync(file, uid, gid);
      const found = fstatSync(file);
      return found.uid === uid && found.gid === gid;
    } finally {
      closeSync(file);
      rmSync(path, { force: true });
    }
  } catch {
    return false;
  }
}
