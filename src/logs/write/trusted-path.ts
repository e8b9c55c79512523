import { constants, lstatSync, openSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { AiDockError } from "../../errors.ts";
import { hasAcl } from "../../sys/acl.ts";
import { DirectoryHandle } from "../../sys/directory-handle.ts";
import { isRoot } from "../../sys/users.ts";
import { isOurs, keepDirectory, keptDirectory } from "./kept-directories.ts";

/** Links followed in one path, as the kernel's MAXSYMLINKS. */
const MOST_LINKS = 40;

/** Targets that a link from anywhere may have: writing there harms nothing. */
const harmless = new Set(["/dev/null", "/dev/stdout", "/dev/stderr"]);
for (const number of [1, 2])
  for (const folder of ["/dev/fd", "/proc/self/fd", "/proc/1/fd"]) harmless.add(`${folder}/${number}`);

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;

/** Readable by root and its group only: programs print what they should not. */
export const FILE_MODE = 0o640;

const { O_APPEND, O_CREAT, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
const FLAGS = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY;

/**
 * Opens a log for appending and makes its directory. As root, throws AiDockError for a link that another user may have
 * planted.
 */
export function openLog(path: string): number {
  return atPlace(path, true, (place, noFollow) => openSync(place, FLAGS | noFollow, FILE_MODE));
}

/** Calls `use` with a path to the log through a held dirfd (no TOCTOU race); a link in the last component is not followed. */
export function inLogDirectory<T>(path: string, use: (place: string) => T): T {
  return atPlace(path, false, use);
}

/** Calls `use` with a path through the dirfd of the resolved directory, and with the flag to open with. */
function atPlace<T>(path: string, followLast: boolean, use: (place: string, noFollow: number) => T): T {
  const full = resolve(path);
  const [folder, name] = [dirname(full), basename(full)];
  const directory = keptDirectory(folder);
  if (directory === undefined || (followLast && directory.linkAt(name) !== undefined))
    return walkTo(full, followLast, use);
  return naming(directory, folder, () => use(`${directory.path}/${name}`, O_NOFOLLOW));
}

/** Resolves `path` by hand, component by component. */
function walkTo<T>(path: string, followLast: boolean, use: (place: string, noFollow: number) => T): T {
  using walk = new Walk();
  const left = words(path);
  for (let links = 0; ;) {
    const word = left.shift() ?? ".";
    // Links in /proc are magic links of the kernel, which cannot be resolved by name.
    if (walk.shown === "" && word === "proc") return use(["/proc", ...left].join("/"), 0);
    const last = left.length === 0;
    const link = last && !followLast ? undefined : walk.directory.linkAt(word);
    if (link === undefined) {
      if (last) {
        if (links === 0 && walk.isOurs) keepDirectory(dirname(path), walk.directory);
        return walk.naming(() => use(`${walk.directory.path}/${word}`, O_NOFOLLOW));
      }
      walk.enter(word);
      continue;
    }
    if (!mayFollow(walk.directory, word)) {
      if (last && harmless.has(link)) return use(link, 0);
      throw new AiDockError(`"${walk.shown}/${word}" is a link, and others than root may put links there`);
    }
    if (++links > MOST_LINKS) throw new AiDockError(`"${path}" leads through too many links`);
    if (link.startsWith("/")) walk.restart();
    left.unshift(...words(link));
  }
}

/** The directory reached so far while a path is resolved. */
class Walk implements Disposable {
  directory = DirectoryHandle.open("/");
  /** Its path as written, for messages; empty for the root. */
  shown = "";
  /** Others can change none of the directories so far. */
  isOurs = isOurs(this.directory);

  enter(word: string): void {
    const next = this.naming(() => this.directory.enter(word));
    this.directory[Symbol.dispose]();
    this.directory = next;
    this.isOurs &&= isOurs(next);
    this.shown = word === ".." ? this.shown.slice(0, this.shown.lastIndexOf("/")) : `${this.shown}/${word}`;
  }

  restart(): void {
    this.directory[Symbol.dispose]();
    this.directory = DirectoryHandle.open("/");
    this.shown = "";
  }

  naming<T>(act: () => T): T {
    return naming(this.directory, this.shown, act);
  }

  [Symbol.dispose](): void {
    this.directory[Symbol.dispose]();
  }
}

/** Puts the path as written in place of the dirfd's into errors. */
function naming<T>(directory: DirectoryHandle, shown: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replaceAll(directory.path, shown);
    throw error;
  }
}

/**
 * True for a link that only root can have made. Members of a group with write access could move a link of root's here
 * from another such directory; only a user whom an ACL lets in everywhere gains by that, hence the look at ACLs.
 */
function mayFollow(directory: DirectoryHandle, name: string): boolean {
  // Without root's rights, following a link reaches nothing that its maker could not reach.
  if (!isRoot()) return true;
  const { uid, mode } = directory.stat();
  if (uid !== 0 || (mode & WRITABLE_BY_ALL) !== 0) return false;
  if ((mode & WRITABLE_BY_GROUP) === 0) return true;
  return !hasAcl(directory.path) && lstatSync(`${directory.path}/${name}`).uid === 0;
}

function words(path: string): string[] {
  return path.split("/").filter((word) => word !== "" && word !== ".");
}
