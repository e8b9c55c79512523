import { chmodSync, chownSync, type Dirent, lchownSync, lstatSync } from "node:fs";
import { AiDockError, errnoOf, messageOf } from "../../errors.ts";
import { removeAcls } from "../../sys/acl.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { requireDepth } from "./tree.ts";

const PRIVATE = 0o700;

/** Sticky bit, which only the owner of a directory can set: its entries are from a time when others could add some. */
const UNCHECKED = 0o1000;

const WRITABLE_BY_OTHERS = 0o022;
const READABLE_BY_ALL = 0o004;

/** A directory, its name for messages, and the uid that owns the workspace. */
export interface Claim {
  directory: DirectoryHandle;
  shown: string;
  workspaceUid: number;
}

/**
 * Makes a directory this user's own, mode 0700 without ACL, so that nobody else can change its entries. Earlier
 * versions left caches open to the owner of the workspace; such a directory is marked until checkTree() has checked
 * its entries. Returns whether the entries are unchecked. A file system that keeps no modes and shows everything as this
 * user's (a Windows share) is accepted: nothing on such a file system is private, and the mount for rclone follows no
 * symlinks. Throws AiDockError for a directory of a third user, and where the file system keeps no owners.
 */
export function claimDirectory({ directory, shown, workspaceUid }: Claim): boolean {
  const self = process.geteuid?.() ?? 0;
  const { uid, mode } = directory.stat();
  if (uid !== self && uid !== workspaceUid)
    throw new AiDockError(`"${shown}": expected a directory of uid ${self}, got one of uid ${uid}`);
  const unchecked = uid !== self || (mode & (WRITABLE_BY_OTHERS | UNCHECKED)) !== 0;
  const wanted = unchecked ? PRIVATE | UNCHECKED : PRIVATE;
  let obstacle: string | undefined;
  try {
    // In this order: the former owner could widen the mode again.
    if (uid !== self) chownSync(directory.path, self, process.getegid?.() ?? 0);
    removeAcls(directory.path);
    if ((mode & 0o7777) !== wanted) chmodSync(directory.path, wanted);
  } catch (error) {
    obstacle = errnoOf(error) ?? messageOf(error);
  }
  const now = directory.stat();
  if (now.uid === self && (!isOpen(now) || self === workspaceUid)) return unchecked;
  const why = obstacle ?? "the file system keeps no owners";
  throw new AiDockError(`"${shown}": expected a directory that uid ${self} alone can change, got ${why}`);
}

/** True for a directory in which others can change entries, although this user has claimed it. */
export function isOpen({ mode }: { mode: number }): boolean {
  return (mode & WRITABLE_BY_OTHERS) !== 0;
}

/** Takes the mark of a claimed directory away. */
export function markChecked(directory: DirectoryHandle): void {
  chmodSync(directory.path, PRIVATE);
}

/**
 * Claims every directory of a tree and checks the files of those with the mark. From the top down: nobody else can
 * change the entries of a claimed directory. Deletes nothing. Throws AiDockError for an entry that could lead rclone out
 * of the tree (a symlink) or have a private file of root's uploaded.
 */
export async function checkTree(claim: Claim): Promise<void> {
  const { directory, shown } = claim;
  requireDepth(shown);
  const unchecked = claimDirectory(claim);
  for (const entry of await directory.list()) {
    const path = `${shown}/${entry.name}`;
    if (entry.isDirectory()) {
      using child = directory.child(entry.name);
      await checkTree({ ...claim, directory: child, shown: path });
    } else checkFile(claim, { entry, path, unchecked });
  }
  if (unchecked) markChecked(directory);
}

function checkFile(
  { directory, workspaceUid }: Claim,
  { entry, path, unchecked }: { entry: Dirent; path: string; unchecked: boolean },
): void {
  if (!entry.isFile()) {
    const kind = entry.isSymbolicLink() ? "a link" : "a special file";
    throw new AiDockError(`"${path}": expected a file or a directory, got ${kind}; rm it`);
  }
  if (!unchecked) return;
  const self = process.geteuid?.() ?? 0;
  const { uid, mode, nlink, size } = lstatSync(`${directory.path}/${entry.name}`);
  if (uid === workspaceUid && uid !== self) {
    lchownSync(`${directory.path}/${entry.name}`, self, process.getegid?.() ?? 0);
    chmodSync(`${directory.path}/${entry.name}`, 0o600);
    return;
  }
  // The owner of the workspace could move or link a file here that only root can read, and read the upload.
  const harmless = size === 0 || (nlink === 1 && (mode & READABLE_BY_ALL) !== 0) || self === workspaceUid;
  if (uid === self && harmless) return;
  const fix = `where it is meant to be uploaded: chown ${workspaceUid} it`;
  throw new AiDockError(
    `"${path}": expected a file of uid ${workspaceUid}, got one of uid ${uid} that they could have put there; ${fix}`,
  );
}
