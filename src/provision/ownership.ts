import { chownSync, fchownSync } from "node:fs";
import { workspaceOf } from "../env/workspace.ts";
import type { DirectoryHandle } from "../sys/directory-handle.ts";
import { type Account, isRoot } from "../sys/users.ts";

export interface Owner {
  uid: number;
  gid: number;
}

/** Whose a file or directory is that is made in a directory; undefined: whoever makes it. */
export type OwnerOf = (directory: DirectoryHandle) => Owner | undefined;

/** What a network file system shows where it does not know. */
const NOBODY = 65_534;

/** What root makes in the directory of somebody else is theirs, so that their programs can change and delete it. */
export const inheritedOwner: OwnerOf = (directory) => {
  if (!isRoot()) return undefined;
  const { uid, gid } = directory.stat();
  return uid === 0 || uid === NOBODY ? undefined : { uid, gid };
};

/** The same, and what root makes in its own directories of the workspace and of the account's home is the account's. */
export function ownerFor(account: Account | undefined, env: Record<string, string>): OwnerOf {
  if (account === undefined || !isRoot()) return inheritedOwner;
  const places = [workspaceOf(env), account.home].map((path) => `${path.replace(/\/+$/, "")}/`);
  // Not where drop-ins and scripts of root's are.
  const own = places.filter((place) => !ROOTS.some((root) => root.startsWith(place)));
  return (directory) => {
    const { location } = directory;
    const isOwn = own.some((place) => `${location}/`.startsWith(place));
    return inheritedOwner(directory) ?? (isOwn ? { uid: account.uid, gid: account.gid } : undefined);
  };
}

const ROOTS = ["/opt/ai-dock/bin/", "/etc/supervisor/"];

/** Gives an open file away, where the file system has owners. */
export function giveFile(file: number, owner: Owner | undefined): void {
  if (owner !== undefined) tolerate(() => fchownSync(file, owner.uid, owner.gid));
}

/** The same for a directory that was just made: what somebody else has put in its place stays theirs. */
export function giveDirectory(directory: DirectoryHandle, owner: Owner | undefined): void {
  if (owner === undefined || directory.stat().uid !== process.geteuid?.()) return;
  if (directory.listNow().length > 0) return;
  tolerate(() => chownSync(directory.path, owner.uid, owner.gid));
}

/** Network file systems and volumes of desktop systems may know no other owner. */
function tolerate(change: () => void): void {
  try {
    change();
  } catch {
    // Root's, then, with the access control list of the workspace.
  }
}
