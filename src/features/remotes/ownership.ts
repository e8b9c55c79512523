import { chmodSync, chownSync, type Dirent, lchownSync, lstatSync } from "node:fs";
import { AiDockError, errnoOf, messageOf } from "../../errors.ts";
import { removeAcls } from "../../sys/acl.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { requireDepth } from "./tree.ts";

const PRIVATE = 0o700;

/** Only the owner of a directory can set this bit: its entries date from a time when others could put them there. */
const UNCHECKED = 0o1000;

const WRITABLE_BY_OTHERS = 0o022;
const READABLE_BY_ALL = 0o004;

/** A directory, what to call it in messages, and the uid that owns the workspace around it. */
export interface Claim {
  directory: DirectoryHandle;
  shown: string;
  workspaceUid: number;
}

/**
 * Makes a directory this user's own, mode 0700 without ACL, so that nobody else can change what is in it. Images
 * before this one left caches open to the owner of the workspace; such a directory is marked until checkTree()
 * has seen its entries. True for one with that mark. Throws AiDockError for a directory of a third user and where
 * the file system keeps no owner or mode.
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
  if (now.uid === self && (now.mode & WRITABLE_BY_OTHERS) === 0) return unchecked;
  const why = obstacle ?? "the file system keeps no owners";
  throw new AiDockError(`"${shown}": expected a directory that uid ${self} alone can change, got ${why}`);
}

/** Says that nothing in a claimed directory needs a look. */
export function markChecked(directory: DirectoryHandle): void {
  chmodSync(directory.path, PRIVATE);
}

/**
 * Claims a whole tree, from the top down: once a directory is claimed its entries stand still. Throws AiDockError,
 * and leaves everything in place, for an entry that could lead this user, or hand to others, what is not theirs.
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
  // A file that its finder could not read, moved or linked here, would be uploaded for them to read.
  const harmless = size === 0 || (nlink === 1 && (mode & READABLE_BY_ALL) !== 0) || self === workspaceUid;
  if (uid === self && harmless) return;
  const fix = `where it is meant to be uploaded: chown ${workspaceUid} it`;
  throw new AiDockError(
    `"${path}": expected a file of uid ${workspaceUid}, got one of uid ${uid} that they could have put there; ${fix}`,
  );
}
