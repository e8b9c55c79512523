import { chmodSync, chownSync, lchownSync, type BigIntStats } from "node:fs";
import { errnoOf } from "../../errors.ts";
import {
  type AclEntry,
  addNamedUsers,
  decodeAcl,
  defaultAcl,
  hasAcl,
  isUser,
  setDefaultAcl,
} from "../../sys/acl.ts";
import { setTimes } from "../../sys/sync-file.ts";
import { getXattr, listXattrs, setXattr } from "../../sys/xattr.ts";

const MODE_BITS = 0o7777;
const OPEN_TO_OTHERS = 0o077;
const ACLS = new Set(["system.posix_acl_access", "system.posix_acl_default"]);
/** Stands in for the names of ACLs among what is lost. */
const ACL = "access control lists";
const NOT_HERE = new Set(["ENOTSUP", "EOPNOTSUPP", "EPERM", "EACCES", "EINVAL", "ENOSPC", "ERANGE", "E2BIG"]);

/** What the workspace gives to files that are made in it, and what its file system did not take. */
export interface Rights {
  /** Users that the default ACL of the workspace names: they get what the owner of a file may do. */
  users: AclEntry[];
  acl: Uint8Array | null;
  /** Names of extended attributes that could not be kept. */
  lost: Set<string>;
  /** Times that are closer than that, in nanoseconds, are the same there. */
  timeGrain: bigint;
}

/** Reads the default ACL of the workspace. */
export function rightsOf(workspace: string, timeGrain: bigint): Rights {
  const acl = defaultAcl(workspace);
  return { users: acl === null ? [] : decodeAcl(acl), acl, lost: new Set(), timeGrain };
}

/** Compares times of a file and its copy. */
export function isSameTime(one: bigint, other: bigint, timeGrain: bigint): boolean {
  return (one > other ? one - other : other - one) < timeGrain;
}

/** Owner and times of a symlink. Throws with an errno `code`. */
export function dressLink(path: string, stat: BigIntStats): void {
  lchownSync(path, Number(stat.uid), Number(stat.gid));
  setTimes(path, stat.atimeNs, stat.mtimeNs, true);
}

/**
 * Gives a file or directory the owner, mode, attributes and, last of all, times of its original: a file whose times
 * match is whole. `path` and `from` are magic links to open descriptors. Throws with an errno `code`.
 */
export function dress(path: string, from: string, stat: BigIntStats, rights: Rights): void {
  const mode = Number(stat.mode) & MODE_BITS;
  chownSync(path, Number(stat.uid), Number(stat.gid));
  // After chown, which takes setuid and setgid away.
  chmodSync(path, mode);
  copyXattrs(path, from, rights);
  if (isGranted(from, mode, rights)) grant(path, mode, stat.isDirectory(), rights);
  setTimes(path, stat.atimeNs, stat.mtimeNs);
}

/** The mode that dress() leaves, whose group permissions are the mask of an ACL where there is one. */
export function dressedMode(from: string, stat: BigIntStats, rights: Rights): number {
  const mode = Number(stat.mode) & MODE_BITS;
  if (!isGranted(from, mode, rights)) return mode;
  const named = rights.users.reduce(
    (all, { tag, permissions }) => (isUser(tag) ? all | permissions : all),
    0,
  );
  return mode | ((named & (mode >> 6) & 7) << 3);
}

/** A file's own ACL stays as it is; private files of root's stay private, as others can change the workspace. */
function isGranted(from: string, mode: number, { users, lost }: Rights): boolean {
  if (!users.some(({ tag }) => isUser(tag)) || lost.has(ACL) || (mode & OPEN_TO_OTHERS) === 0) return false;
  return !hasAcl(from);
}

function grant(path: string, mode: number, isDirectory: boolean, { users, acl, lost }: Rights): void {
  try {
    addNamedUsers(path, mode, users);
    if (isDirectory && acl !== null) setDefaultAcl(path, acl);
  } catch (error) {
    if (!NOT_HERE.has(errnoOf(error) ?? "")) throw error;
    lost.add(ACL);
  }
}

function copyXattrs(path: string, from: string, { lost }: Rights): void {
  for (const name of xattrsOf(from)) {
    try {
      const value = getXattr(from, name);
      if (value !== null) setXattr(path, name, value);
    } catch (error) {
      if (!NOT_HERE.has(errnoOf(error) ?? "")) throw error;
      lost.add(name);
    }
  }
}

/** Labels of SELinux belong to the place, not to the file. */
function xattrsOf(path: string): string[] {
  try {
    return listXattrs(path).filter((name) => name !== "security.selinux");
  } catch (error) {
    if (NOT_HERE.has(errnoOf(error) ?? "")) return [];
    throw error;
  }
}

/** Extended attributes that two files do not have in common, those aside that were lost, and ACLs, which differ. */
export function differingXattr(one: string, other: string, { lost }: Rights): string | undefined {
  const isCompared = (name: string) => !lost.has(name) && !ACLS.has(name);
  return xattrsOf(one)
    .filter(isCompared)
    .find((name) => {
      const [a, b] = [getXattr(one, name), getXattr(other, name)];
      return a === null || b === null || Buffer.compare(a, b) !== 0;
    });
}
