import { createHash, type Hash } from "node:crypto";
import { AiDockError } from "../../errors.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";

/** A walk holds one descriptor for each level. */
const DEEPEST = 200;
const BLOCK = 4096;

/** Python's own, which nobody misses. */
const CACHE = "__pycache__";

/** What a tree holds. */
export interface TreeSize {
  files: number;
  /** Bytes of its files. */
  bytes: number;
  /** Room that it takes: whole blocks, directories included. */
  room: number;
  /** Everything, for file systems that can run out of inodes. */
  entries: number;
  /** Changes with names, sizes and times of files. */
  fingerprint: string;
  /** Changes with whatever anybody does to a file of this very tree (st_ctime), but for caches of Python. */
  state: string;
}

/**
 * Looks through a tree without following symlinks. Throws AiDockError for what cannot be moved: a device, a pipe, a name
 * that is no UTF-8, another file system, a tree that is too deep.
 */
export function scanTree(root: DirectoryHandle, shown: string): TreeSize {
  const size = { files: 0, bytes: 0, room: BLOCK, entries: 1 };
  const [fingerprint, state] = [createHash("sha256"), createHash("sha256")];
  const device = root.bigStat().dev;
  scan(root, { shown, prefix: "", depth: 0, isCache: false, size, fingerprint, state, device });
  return { ...size, fingerprint: fingerprint.digest("hex"), state: state.digest("hex") };
}

interface Scan {
  shown: string;
  prefix: string;
  depth: number;
  isCache: boolean;
  size: Pick<TreeSize, "files" | "bytes" | "room" | "entries">;
  fingerprint: Hash;
  state: Hash;
  device: bigint;
}

function scan(directory: DirectoryHandle, now: Scan): void {
  const { shown, prefix, depth, size } = now;
  if (depth > DEEPEST) throw new AiDockError(`"${shown}": expected at most ${DEEPEST} levels, got more`);
  if (directory.bigStat().dev !== now.device) throw new AiDockError(`a volume is mounted at "${shown}"`);
  for (const entry of sorted(directory)) {
    const { name } = entry;
    requireMovable(name, `${shown}/${name}`);
    if (entry.isSocket()) continue;
    size.entries++;
    if (entry.isDirectory()) {
      size.room += BLOCK;
      using child = directory.child(name);
      const isCache = now.isCache || name === CACHE;
      const below = { shown: `${shown}/${name}`, prefix: `${prefix}${name}/`, depth: depth + 1, isCache };
      scan(child, { ...now, ...below });
    } else if (entry.isSymbolicLink()) {
      now.fingerprint.update(`${prefix}${name}\0${directory.linkAt(name)}\n`);
      if (!now.isCache) now.state.update(`${prefix}${name}\0${directory.entry(name)?.ctimeNs}\n`);
    } else if (entry.isFile()) scanFile(directory, name, now);
    else throw new AiDockError(`"${shown}/${name}": expected a file, got a device or a pipe`);
  }
}

function scanFile(
  directory: DirectoryHandle,
  name: string,
  { shown, prefix, isCache, size, fingerprint, state }: Scan,
) {
  const stat = directory.entry(name);
  if (stat === undefined) throw new AiDockError(`"${shown}/${name}" has gone meanwhile`);
  const bytes = Number(stat.size);
  size.files++;
  size.bytes += bytes;
  size.room += Math.ceil(bytes / BLOCK) * BLOCK;
  fingerprint.update(`${prefix}${name}\0${bytes}\0${stat.mtimeNs}\n`);
  if (!isCache) state.update(`${prefix}${name}\0${bytes}\0${stat.ctimeNs}\n`);
}

/** Entries in an order that is the same everywhere. */
export function sorted(directory: DirectoryHandle) {
  return directory.listNow().toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

function requireMovable(name: string, shown: string): void {
  if (name.includes("\uFFFD")) throw new AiDockError(`"${shown}": expected a name in UTF-8`);
}

/** A file or symlink below that has changed since a time in milliseconds; undefined for none. Caches of Python are no loss. */
export function changedSince(directory: DirectoryHandle, since: number, prefix = ""): string | undefined {
  for (const entry of directory.listNow()) {
    if (entry.name === CACHE || entry.isSocket()) continue;
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) {
      using child = directory.child(entry.name);
      const found = changedSince(child, since, `${path}/`);
      if (found !== undefined) return found;
    } else if (Number((directory.entry(entry.name)?.ctimeNs ?? 0n) / 1_000_000n) >= since) return path;
  }
  return undefined;
}
