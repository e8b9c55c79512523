import { constants, lstatSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { AiDockError } from "../../errors.ts";
import { hasAcl } from "../../sys/acl.ts";
import { HeldDirectory } from "../../sys/directory-handle.ts";
import { isRoot } from "../../sys/users.ts";

/** As many links as the kernel follows. */
const MOST_LINKS = 40;

/** Where a link may lead from anywhere: nothing there can be harmed. */
const harmless = new Set(["/dev/null", "/dev/stdout", "/dev/stderr"]);
for (const number of [1, 2])
  for (const folder of ["/dev/fd", "/proc/self/fd", "/proc/1/fd"]) harmless.add(`${folder}/${number}`);

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;

/** Readable by root and its group only: programs print what they should not. */
export const FILE_MODE = 0o640;

const { O_APPEND, O_CREAT, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
const FLAGS = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY;

/** Opens a log to append to, and makes its directory. Root follows no link that someone else may have put there. */
export function openLog(path: string): number {
  return atPlace(path, true, (place, noFollow) => openSync(place, FLAGS | noFollow, FILE_MODE));
}

/** Calls back with a path to the log whose directory stays the same one meanwhile; a link at its end is kept. */
export function inLogDirectory<T>(path: string, use: (place: string) => T): T {
  return atPlace(path, false, use);
}

/** `use` gets a path, and the flag to open it with. */
function atPlace<T>(path: string, followLast: boolean, use: (place: string, noFollow: number) => T): T {
  using walk = new Walk();
  const left = words(resolve(path));
  for (let links = 0; ;) {
    const word = left.shift() ?? ".";
    // The links in there are the kernel's, and say nothing that could be followed by hand.
    if (walk.shown === "" && word === "proc") return use(["/proc", ...left].join("/"), 0);
    const last = left.length === 0;
    const link = last && !followLast ? undefined : walk.directory.linkAt(word);
    if (link === undefined) {
      if (last) return walk.naming(() => use(`${walk.directory.path}/${word}`, O_NOFOLLOW));
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

/** The directory that a path has led to so far. */
class Walk implements Disposable {
  directory = HeldDirectory.open("/");
  /** What it is called; empty for the root. */
  shown = "";

  enter(word: string): void {
    const next = this.naming(() => this.directory.enter(word));
    this.directory[Symbol.dispose]();
    this.directory = next;
    this.shown = word === ".." ? this.shown.slice(0, this.shown.lastIndexOf("/")) : `${this.shown}/${word}`;
  }

  restart(): void {
    this.directory[Symbol.dispose]();
    this.directory = HeldDirectory.open("/");
    this.shown = "";
  }

  /** Lets errors name the path as it is written. */
  naming<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      if (error instanceof Error) error.message = error.message.replaceAll(this.directory.path, this.shown);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.directory[Symbol.dispose]();
  }
}

/**
 * True for a link that root alone can have put there. A group that may write to a directory can move a link of
 * root's into it from another such one, which makes sense for none but those that an ACL lets in everywhere.
 */
function mayFollow(directory: HeldDirectory, name: string): boolean {
  // Without root there is nobody who could be led to what is closed to the others.
  if (!isRoot()) return true;
  const { uid, mode } = directory.stat();
  if (uid !== 0 || (mode & WRITABLE_BY_ALL) !== 0) return false;
  if ((mode & WRITABLE_BY_GROUP) === 0) return true;
  return !hasAcl(directory.path) && lstatSync(`${directory.path}/${name}`).uid === 0;
}

function words(path: string): string[] {
  return path.split("/").filter((word) => word !== "" && word !== ".");
}
