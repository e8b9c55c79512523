import { lstatSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import { hasAcl } from "../../sys/acl.ts";
import { DirectoryHandle } from "../../sys/directory-handle.ts";
import { isRoot } from "../../sys/users.ts";
import { giveDirectory, inheritedOwner, type OwnerOf } from "../ownership.ts";
import { DownloadError } from "./error.ts";

/** Links followed in one path, as the kernel's MAXSYMLINKS. */
const MOST_LINKS = 40;
const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;

/**
 * Opens the directory at an absolute path, and makes what is missing of it, for whom `ownerOf` says. As root, a link that another user may have
 * planted is followed only to a directory of that very user, where it harms nobody else. Throws DownloadError.
 */
export function openTargetDirectory(path: string, ownerOf: OwnerOf = inheritedOwner): DirectoryHandle {
  if (!path.startsWith("/"))
    throw new DownloadError("target", `target: expected an absolute path, got "${path}"`);
  let directory = DirectoryHandle.open("/");
  const go = (next: DirectoryHandle) => {
    directory[Symbol.dispose]();
    directory = next;
  };
  try {
    const left: (string | Planters)[] = words(path);
    for (let links = 0; left.length > 0;) {
      const word = left.shift() ?? ".";
      if (typeof word !== "string") {
        requireOwner(directory, word, path);
        continue;
      }
      const link = directory.linkAt(word);
      if (link === undefined) {
        go(enterFor(directory, word, ownerOf));
        continue;
      }
      if (++links > MOST_LINKS) throw new DownloadError("target", `"${path}" leads through too many links`);
      const owner = plantersOf(directory, word);
      left.unshift(...words(link), ...(owner === undefined ? [] : [owner]));
      if (link.startsWith("/")) go(DirectoryHandle.open("/"));
    }
    return directory;
  } catch (error) {
    directory[Symbol.dispose]();
    throw error instanceof DownloadError ? error : targetError(error, path);
  }
}

/** Opens a directory in another one, and makes it where there is none. Throws with an errno `code`. */
export function enterFor(
  parent: DirectoryHandle,
  name: string,
  ownerOf: OwnerOf,
  mode?: number,
): DirectoryHandle {
  try {
    return parent.child(name);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    const made = parent.enter(name, mode);
    giveDirectory(made, ownerOf(parent));
    return made;
  }
}

/** Users other than root who may have put a link where it is. */
interface Planters {
  uids: number[];
  link: string;
}

/** Undefined for a link that only root can have made, or whose following reaches nothing that its maker could not. */
function plantersOf(directory: DirectoryHandle, link: string): Planters | undefined {
  if (!isRoot()) return undefined;
  const { uid, mode } = directory.stat();
  const maker = lstatSync(`${directory.path}/${link}`).uid;
  if (uid === 0 && (mode & WRITABLE_BY_ALL) === 0) {
    // The mask of an ACL shows as the rights of the group.
    if ((mode & WRITABLE_BY_GROUP) === 0 || (maker === 0 && !hasAcl(directory.path))) return undefined;
  }
  return { uids: [uid, maker].filter((user) => user !== 0), link };
}

function requireOwner(directory: DirectoryHandle, { uids, link }: Planters, path: string): void {
  const { uid, mode } = directory.stat();
  if (uids.includes(uid) && (mode & WRITABLE_BY_ALL) === 0) return;
  throw new DownloadError(
    "target",
    `"${path}": "${link}" is a link that others than root may have put there, to a directory that is not theirs; nothing is downloaded`,
    { hint: "Name the directory itself, or put the link into a directory that only root can write to" },
  );
}

function words(path: string): string[] {
  return path.split("/").filter((word) => word !== "" && word !== ".");
}

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const CLOSED = new Set(["EROFS", "EACCES", "EPERM"]);
/** An errno, or what rm() says of a directory. */
const OF_FILES = /^(?:E[A-Z\d]+|ERR_FS_EISDIR)$/;

/** A system error at a target as a DownloadError; anything else as it is. */
export function targetError(error: unknown, path: string, hint?: string): unknown {
  const code = errnoOf(error);
  if (code === undefined || error instanceof DownloadError) return error;
  if (FULL.has(code))
    return new DownloadError("no-space", `"${path}": expected room for the file, got ${code}`, {
      ...(hint === undefined ? {} : { hint }),
      cause: error,
    });
  if (CLOSED.has(code))
    return new DownloadError("read-only", `"${path}": expected a writable directory, got ${code}`, {
      cause: error,
    });
  if (!OF_FILES.test(code)) return error;
  return new DownloadError("target", `"${path}": expected to write the file there, got ${code}`, {
    cause: error,
  });
}
