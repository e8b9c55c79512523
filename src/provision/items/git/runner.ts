import { statSync } from "node:fs";
import { hasAcl } from "../../../sys/acl.ts";
import type { DirectoryHandle } from "../../../sys/directory-handle.ts";
import { isRoot } from "../../../sys/users.ts";
import type { As } from "../command-options.ts";
import type { ItemContext } from "../context.ts";
import { asOwner, SELF } from "../owner.ts";

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;
const NOBODY = 65_534;

/**
 * Who runs git in a repository that is there: its owner. What is configured in it (filters, fsmonitor, ssh commands, the
 * place of its files) would be run with the rights of root, so that root works only where nobody else can write; what root
 * shares with others, by an access control list or by modes, is for the owner of the workspace, or for nobody.
 */
export function runnerOf(repository: DirectoryHandle, context: ItemContext): As {
  const { uid, gid } = repository.stat();
  if (!isRoot()) return SELF;
  if (uid !== 0) return asOwner({ uid, gid }, context);
  if (["", ".git", ".git/config"].every((name) => isRoots(repository.at(name)))) return SELF;
  const [workspaceUid, workspaceGid] = ["WORKSPACE_UID", "WORKSPACE_GID"].map((name) =>
    Number(context.env[name] ?? "0"),
  );
  return asOwner({ uid: workspaceUid || NOBODY, gid: workspaceGid || NOBODY }, context);
}

/** The mask of an access control list shows as the rights of the group. */
function isRoots(path: string): boolean {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) return true;
  const { uid, gid, mode } = info;
  if (uid !== 0 || (mode & WRITABLE_BY_ALL) !== 0) return false;
  return (mode & WRITABLE_BY_GROUP) === 0 || (gid === 0 && !hasAcl(path));
}
