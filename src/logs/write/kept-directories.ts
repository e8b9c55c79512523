import { statSync } from "node:fs";
import { DirectoryHandle } from "../../sys/directory-handle.ts";

/** Log directories are few; each costs a descriptor. */
const MOST_KEPT = 4;
/** A start of a thousand programs resolves the way once; nothing is held for long that someone may want to unmount. */
const KEPT_MILLISECONDS = 2000;

const WRITABLE_BY_OTHERS = 0o022;

/** What tells one directory from another. */
interface Identity {
  readonly device: bigint;
  /** Beyond 2^53 on an overlay with xino. */
  readonly inode: bigint;
}

interface Kept extends Identity {
  readonly handle: DirectoryHandle;
}

const kept = new Map<string, Kept>();
let timer: Timer | undefined;

/**
 * True for a directory in which nobody but root, and the user we are, can make or rename entries. An ACL that lets others
 * write shows in the group's permissions.
 */
export function isOurs(directory: DirectoryHandle): boolean {
  const { uid, mode } = directory.stat();
  return (uid === 0 || uid === process.geteuid?.()) && (mode & WRITABLE_BY_OTHERS) === 0;
}

/**
 * Keeps a directory for a moment. To be called only where no link leads to it, and where isOurs() holds for it and for
 * every directory above, so that others cannot change where `path` leads.
 */
export function keepDirectory(path: string, directory: DirectoryHandle): void {
  const [oldest] = kept.keys();
  if (kept.size === MOST_KEPT && oldest !== undefined) forget(oldest);
  forget(path);
  const handle = directory.duplicate();
  kept.set(path, { handle, ...identify(handle.path) });
  timer ??= setTimeout(forgetAll, KEPT_MILLISECONDS).unref();
}

/** The directory that was kept for `path`, while `path` leads there and others still cannot write to it. */
export function keptDirectory(path: string): DirectoryHandle | undefined {
  const entry = kept.get(path);
  if (entry === undefined) return undefined;
  if (isSame(path, entry) && isOurs(entry.handle)) return entry.handle;
  forget(path);
  return undefined;
}

/** A kept inode is not used again by the file system: an equal number is the same directory. */
function isSame(path: string, { device, inode }: Identity): boolean {
  try {
    const now = identify(path);
    return now.device === device && now.inode === inode;
  } catch {
    return false;
  }
}

function identify(path: string): Identity {
  const { dev, ino } = statSync(path, { bigint: true });
  return { device: dev, inode: ino };
}

function forget(path: string): void {
  kept.get(path)?.handle[Symbol.dispose]();
  kept.delete(path);
}

function forgetAll(): void {
  for (const path of kept.keys()) forget(path);
  timer = undefined;
}
