import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lchownSync,
  lstatSync,
  openSync,
  readdirSync,
  type Stats,
} from "node:fs";
import { errnoOf } from "../../errors.ts";
import { DirectoryHandle } from "../../sys/directory-handle.ts";

const O_PATH = 0o10_000_000;
const MODE_BITS = 0o7777;

/** What an entry should be: owner, group and mode; what is not named stays. */
export interface Wanted {
  uid?: number;
  gid?: number;
  mode?: number;
}

export interface TreeRules {
  /** For a directory; `undefined` leaves it and everything below alone. */
  directory(info: Stats, path: string): Wanted | undefined;
  /** For a regular file. */
  file(info: Stats, path: string): Wanted | undefined;
  /** For a symlink itself; its target is never looked at. */
  link?(info: Stats): Wanted | undefined;
}

export interface TreeChanges {
  changed: number;
  /** Paths that could not be changed, with the reason. */
  failed: string[];
}

/**
 * Changes owner, group and mode of a directory and of everything below on the same file system. Goes by directory
 * descriptors and follows no symlink, so that nobody who may write to the tree leads the changes out of it. Special files
 * stay as they are.
 */
export function changeTree(top: string, rules: TreeRules): TreeChanges {
  const changes: TreeChanges = { changed: 0, failed: [] };
  using directory = DirectoryHandle.open(top);
  walk(directory, top, { rules, changes, device: directory.stat().dev });
  return changes;
}

interface Walk {
  rules: TreeRules;
  changes: TreeChanges;
  device: number;
}

function walk(directory: DirectoryHandle, path: string, { rules, changes, device }: Walk): void {
  const info = directory.stat();
  if (info.dev !== device) return;
  const wanted = rules.directory(info, path);
  if (wanted === undefined) return;
  attempt(path, changes, () => change(directory.path, info, wanted));
  let entries: string[] = [];
  attempt(path, changes, () => {
    entries = readdirSync(directory.path);
    return false;
  });
  for (const name of entries) {
    const [entry, shown] = [`${directory.path}/${name}`, `${path}/${name}`];
    attempt(shown, changes, () => {
      const there = lstatSync(entry);
      if (there.isDirectory()) {
        using child = directory.child(name);
        walk(child, shown, { rules, changes, device });
      } else if (there.isFile()) {
        return differs(there, rules.file(there, shown)) && changeFile(entry, shown, rules);
      } else if (there.isSymbolicLink()) {
        const own = rules.link?.(there);
        if (!differs(there, own)) return false;
        lchownSync(entry, own?.uid ?? there.uid, own?.gid ?? there.gid);
        return true;
      }
      return false;
    });
  }
}

function attempt(path: string, changes: TreeChanges, action: () => boolean): void {
  try {
    if (action()) changes.changed++;
  } catch (error) {
    const errno = errnoOf(error);
    // What is gone by now, or something else, is for its own writer.
    if (errno === undefined) throw error;
    if (errno !== "ENOENT" && errno !== "ENOTDIR") changes.failed.push(`${path}: ${errno}`);
  }
}

/** By a descriptor: the entry of that name may be another one since it was looked at. */
function changeFile(entry: string, shown: string, rules: TreeRules): boolean {
  const fd = openSync(entry, O_PATH | constants.O_NOFOLLOW);
  try {
    const info = fstatSync(fd);
    return info.isFile() && change(`/proc/self/fd/${fd}`, info, rules.file(info, shown));
  } finally {
    closeSync(fd);
  }
}

/** Changes what `path`, the kernel's link to an open file, is; true when there was something to change. */
function change(path: string, info: Stats, wanted: Wanted | undefined): boolean {
  if (!differs(info, wanted)) return false;
  const { uid = info.uid, gid = info.gid, mode = info.mode } = wanted ?? {};
  if (uid !== info.uid || gid !== info.gid) chownSync(path, uid, gid);
  // Once owner and group are right: chown takes the setgid bit away.
  if (wanted?.mode !== undefined) chmodSync(path, mode & MODE_BITS);
  return true;
}

function differs(info: Stats, wanted: Wanted | undefined): boolean {
  if (wanted === undefined) return false;
  const { uid = info.uid, gid = info.gid, mode = info.mode } = wanted;
  return uid !== info.uid || gid !== info.gid || (mode & MODE_BITS) !== (info.mode & MODE_BITS);
}
