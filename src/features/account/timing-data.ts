import { closeSync, constants, fchmodSync, fchownSync, fstatSync, openSync } from "node:fs";
import { SHARED_GROUP } from "./groups.ts";

/** Programs and hooks of ai-dock images note here when they start. */
export const TIMING_DATA = "/var/log/timing_data";

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;

/** Makes the file for the account, in a directory of root. Throws with an errno `code`. */
export function shareTimingData(uid: number, path: string): void {
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o664);
  try {
    const found = fstatSync(file);
    if (!found.isFile() || found.nlink !== 1) return;
    fchownSync(file, uid, SHARED_GROUP.gid);
    fchmodSync(file, 0o664);
  } finally {
    closeSync(file);
  }
}
