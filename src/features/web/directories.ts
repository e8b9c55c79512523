import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { logger } from "../../log.ts";
import { messageOf } from "../../errors.ts";
import { ensureDirectory } from "../../sys/fs.ts";
import { ownDirectory } from "../../sys/own-directory.ts";
import { stateRoot, webDirectory } from "./paths.ts";
import type { WebUser } from "./users.ts";

const log = logger("web");

/** Others pass through, and see no names. */
const PASSAGE = 0o711;

/** Makes a directory of the front in the runtime directory, which only we can write to. Throws with an errno `code`. */
export function makeWebDirectory(path: string, mode: number, owner: WebUser): void {
  for (const problem of ownDirectory(webDirectory(), 0o755)) log.warn(problem);
  makeFor(path, mode, owner);
}

/**
 * Makes what the front keeps, and a part of that for somebody. A volume may let others write beside it, or have had other
 * owners: what is not ours alone is moved aside, as who writes there decides on logins.
 */
export function stateDirectory(path?: string, owner?: WebUser, root = stateRoot()): void {
  try {
    ensureDirectory(dirname(root));
    for (const problem of ownDirectory(root, PASSAGE)) log.warn(problem);
    if (path !== undefined && owner !== undefined) makeFor(path, 0o700, owner);
  } catch (error) {
    log.warn(`${messageOf(error)}; logins and certificates are not kept`);
  }
}

/** Makes a directory in one that is root's alone, and gives it away. */
export function makeFor(path: string, mode: number, { uid, gid }: WebUser): void {
  mkdirSync(path, { recursive: true, mode });
  if (uid !== process.geteuid?.() || gid !== process.getegid?.()) chownSync(path, uid, gid);
  chmodSync(path, mode);
}
