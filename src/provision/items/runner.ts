import { statSync } from "node:fs";
import { dirname } from "node:path";
import { hasAcl } from "../../sys/acl.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { isRoot } from "../../sys/users.ts";
import type { As } from "./command-options.ts";
import type { ItemContext } from "./context.ts";
import { asOwner, asProvisioner, SELF } from "./owner.ts";

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;
const STICKY = 0o1000;
const NOBODY = 65_534;

/**
 * Who runs git in a repository that is there: its owner. What is configured in it (filters, fsmonitor, ssh commands, the
 * place of its files) would be run with the rights of root, so that root works only where nobody else can write; what root
 * shares with others, by an access control list or by modes, is for the owner of the workspace, or for nobody.
 */
export function repositoryRunner(repository: DirectoryHandle, context: ItemContext): As {
  const { uid, gid } = repository.stat();
  if (!isRoot()) return SELF;
  if (uid !== 0) return asOwner({ uid, gid }, context);
  return isRoots(repository.path, [".git", ".git/config"]) ? SELF : sharing(context);
}

/**
 * Who works on an environment of Python or conda, whose programs are run: its owner, else the user of PROVISIONING_USER, else
 * root where nobody else can write to it, or put another one in its place.
 */
export function environmentRunner(path: string, parts: readonly string[], context: ItemContext): As {
  if (!isRoot()) return SELF;
  const owner = ["", ...parts]
    .map((part) => statSync(`${path}/${part}`, { throwIfNoEntry: false }))
    .find((info) => info !== undefined && info.uid !== 0);
  if (owner !== undefined) return asOwner(owner, context);
  if (context.user !== undefined) return asProvisioner(context);
  return isRoots(path, parts) && isRootsPlace(dirname(path)) ? SELF : sharing(context);
}

/** Whoever root shares something with. */
function sharing(context: ItemContext): As {
  if (context.user !== undefined) return asProvisioner(context);
  const [uid, gid] = ["WORKSPACE_UID", "WORKSPACE_GID"].map((name) => Number(context.env[name] ?? "0"));
  return asOwner({ uid: uid || NOBODY, gid: gid || NOBODY }, context);
}

const isRoots = (path: string, parts: readonly string[]) =>
  ["", ...parts].every((part) => isClosed(`${path}/${part}`, 0));

/** No directory on the way there is one in which others could rename the next one. */
function isRootsPlace(path: string): boolean {
  return isClosed(path, STICKY) && (path === "/" || isRootsPlace(dirname(path)));
}

/** Whether only root can write there. The mask of an access control list shows as the rights of the group. */
function isClosed(path: string, unless: number): boolean {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) return true;
  const { uid, gid, mode } = info;
  if (uid !== 0) return false;
  if ((mode & unless) !== 0) return true;
  if ((mode & WRITABLE_BY_ALL) !== 0) return false;
  return (mode & WRITABLE_BY_GROUP) === 0 || (gid === 0 && !hasAcl(path));
}
