import { statSync } from "node:fs";
import { errnoOf } from "../errors.ts";
import { getXattr, removeXattr, setXattr } from "./xattr.ts";

const ACCESS = "system.posix_acl_access";
const DEFAULT = "system.posix_acl_default";

const Tag = { userObj: 0x01, user: 0x02, groupObj: 0x04, group: 0x08, mask: 0x10, other: 0x20 } as const;

const VERSION = 2;
const HEADER_BYTES = 4;
const ENTRY_BYTES = 8;
/** The id of entries that name nobody. */
const NOBODY = 0xffff_ffff;
const RWX = 7;

export interface AclEntry {
  tag: number;
  permissions: number;
  id: number;
}

/** The entries of the kernel's form: a version, then tag, permissions and id of each. */
export function decodeAcl(blob: Uint8Array): AclEntry[] {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const entries: AclEntry[] = [];
  for (let at = HEADER_BYTES; at + ENTRY_BYTES <= blob.byteLength; at += ENTRY_BYTES) {
    entries.push({
      tag: view.getUint16(at, true),
      permissions: view.getUint16(at + 2, true),
      id: view.getUint32(at + 4, true),
    });
  }
  return entries;
}

/** The inverse of decodeAcl; the kernel wants the entries in the order of their tags and ids. */
export function encodeAcl(entries: AclEntry[]): Uint8Array {
  const blob = new Uint8Array(HEADER_BYTES + entries.length * ENTRY_BYTES);
  const view = new DataView(blob.buffer);
  view.setUint32(0, VERSION, true);
  for (const [index, entry] of entries.toSorted((a, b) => a.tag - b.tag || a.id - b.id).entries()) {
    const at = HEADER_BYTES + index * ENTRY_BYTES;
    view.setUint16(at, entry.tag, true);
    view.setUint16(at + 2, entry.permissions, true);
    view.setUint32(at + 4, entry.id, true);
  }
  return blob;
}

/** `acl` with the user and the mask at rwx and every other entry kept. */
export function withUser(acl: AclEntry[], uid: number): AclEntry[] {
  const others = acl.filter(({ tag, id }) => tag !== Tag.mask && !(tag === Tag.user && id === uid));
  return [
    ...others,
    { tag: Tag.user, permissions: RWX, id: uid },
    { tag: Tag.mask, permissions: RWX, id: NOBODY },
  ];
}

/**
 * Gives a user full access to a directory and to everything created in it from now on: `u:UID:rwx` and the
 * mask, as `setfacl -m` and `setfacl -d -m` do. The directory's owner needs no access entry.
 * Returns whether anything changed; throws with an errno `code`, `ENOTSUP` where there are no ACLs.
 */
export function grantUser(directory: string, uid: number): boolean {
  const { mode, uid: owner } = statSync(directory);
  const access = read(directory, ACCESS);
  const base = access ?? baseEntries(mode);
  const current = read(directory, DEFAULT) ?? base.filter(({ tag }) => tag !== Tag.user && tag !== Tag.group);
  const changed = write(directory, DEFAULT, withUser(current, uid));
  return (owner !== uid && write(directory, ACCESS, withUser(base, uid))) || changed;
}

/**
 * Takes both access control lists of a directory away; the mask stays behind as the mode's group permissions.
 * Throws with an errno `code`.
 */
export function removeAcls(directory: string): void {
  try {
    for (const name of [DEFAULT, ACCESS]) removeXattr(directory, name);
  } catch (error) {
    if (!["ENOTSUP", "EOPNOTSUPP"].includes(errnoOf(error) ?? "")) throw error;
  }
}

/** What a directory gives to what is made in it, as the kernel keeps it; null where there is nothing, or no ACL at all. */
export function defaultAcl(directory: string): Uint8Array | null {
  try {
    return getXattr(directory, DEFAULT);
  } catch {
    return null;
  }
}

/** Sets what a directory gives to what is made in it. Throws with an errno `code`. */
export function setDefaultAcl(directory: string, blob: Uint8Array): void {
  setXattr(directory, DEFAULT, blob);
}

/**
 * Adds the named users of `from`, each with what the owner of the file may do, at most. Returns the mode's group
 * permissions, which are the mask then. Throws with an errno `code`.
 */
export function addNamedUsers(path: string, mode: number, from: AclEntry[]): number {
  const own = (mode >> 6) & RWX;
  const users = from
    .filter(({ tag }) => tag === Tag.user)
    .map((entry) => ({ ...entry, permissions: entry.permissions & own }));
  const base = (read(path, ACCESS) ?? baseEntries(mode)).filter(
    ({ tag, id }) => tag !== Tag.mask && !users.some((user) => user.tag === tag && user.id === id),
  );
  const entries = [...base, ...users];
  const masked = new Set<number>([Tag.user, Tag.groupObj, Tag.group]);
  const mask = entries.reduce((all, { tag, permissions }) => (masked.has(tag) ? all | permissions : all), 0);
  write(path, ACCESS, encodeAcl([...entries, { tag: Tag.mask, permissions: mask, id: NOBODY }]));
  return mask;
}

/** True for the tag of an entry that names a user. */
export const isUser = (tag: number): boolean => tag === Tag.user;

/** True when more than owner, group and others have rights of their own there. */
export function hasAcl(path: string): boolean {
  try {
    return read(path, ACCESS) !== undefined;
  } catch {
    return false;
  }
}

const baseEntries = (mode: number): AclEntry[] => [
  { tag: Tag.userObj, permissions: (mode >> 6) & RWX, id: NOBODY },
  { tag: Tag.groupObj, permissions: (mode >> 3) & RWX, id: NOBODY },
  { tag: Tag.other, permissions: mode & RWX, id: NOBODY },
];

function read(path: string, name: string): AclEntry[] | undefined {
  const blob = getXattr(path, name);
  return blob === null ? undefined : decodeAcl(blob);
}

function write(path: string, name: string, given: AclEntry[] | Uint8Array): boolean {
  const wanted = given instanceof Uint8Array ? given : encodeAcl(given);
  const current = getXattr(path, name);
  if (current !== null && Buffer.compare(current, wanted) === 0) return false;
  setXattr(path, name, wanted);
  return true;
}
