import { rmSync } from "node:fs";
import type { Logger } from "../../log.ts";
import { grantUser } from "../../sys/acl.ts";
import { AiDockError, errnoOf, messageOf } from "../../errors.ts";
import { writeFileAtomic } from "../../sys/fs.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { readPlainFile } from "../../sys/plain-file.ts";

/** The owner of the workspace is meant to read these files. */
const FILE_MODE = 0o644;

/**
 * Opens a directory that root makes in one of another user; `path` names it in messages, `mode` is for a new one.
 * Symlinks are not followed, as they lead root wherever that user likes. Throws AiDockError in one line.
 */
export function enterFolder(
  parent: DirectoryHandle,
  name: string,
  path: string,
  mode?: number,
): DirectoryHandle {
  try {
    return parent.enter(name, mode);
  } catch (error) {
    const link = parent.linkAt(name) === undefined ? undefined : "a link, which is not followed";
    const file = errnoOf(error) === "ENOTDIR" ? "a file" : undefined;
    const got =
      link ?? file ?? messageOf(error).replaceAll(parent.path, path.slice(0, path.lastIndexOf("/")));
    throw new AiDockError(`"${path}": expected a directory, got ${got}`, { cause: error });
  }
}

/** Writes a file, or removes it when `text` is undefined. Replaces any other entry of that name, symlinks included. */
export function setFile(folder: DirectoryHandle, name: string, text: string | undefined): void {
  const path = `${folder.path}/${name}`;
  if (text === undefined) rmSync(path, { force: true });
  else if (readPlainFile(path) !== text) writeFileAtomic(path, text, FILE_MODE);
}

const PERMISSIONS_OF_OTHERS = 0o077;

const reasons: Record<string, string> = {
  ENOTSUP: "the file system has none",
  EOPNOTSUPP: "the file system has none",
  EPERM: "not permitted",
  EACCES: "not permitted",
  EROFS: "it is read-only",
};

export type Granted = "set" | "kept" | "failed";

/**
 * Gives the owner of the workspace access, by a default ACL, to what root creates in one of its directories from now
 * on, so that those files are theirs on the host. `shown` names the directory in messages. Existing files stay as
 * they are: root does not walk what others have put there.
 */
export function grantOwner(directory: DirectoryHandle, shown: string, uid: number, log: Logger): Granted {
  const { uid: owner, mode } = directory.stat();
  // The owner of the workspace can rename a private directory of root's to a name that gets access.
  if (owner !== uid && (mode & PERMISSIONS_OF_OTHERS) === 0) {
    log.warn(
      `"${shown}": expected a directory open to others, got a private one of uid ${owner}; uid ${uid} gets no access`,
    );
    return "failed";
  }
  try {
    return grantUser(directory.path, uid) ? "set" : "kept";
  } catch (error) {
    const reason = reasons[errnoOf(error) ?? ""] ?? messageOf(error).replaceAll(directory.path, shown);
    log.warn(
      `"${shown}": expected access control lists, but ${reason}; files of root may be closed to uid ${uid}`,
    );
    return "failed";
  }
}
