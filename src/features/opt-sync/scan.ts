import { createHash, type Hash } from "node:crypto";
import { AiDockError } from "../../errors.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";

/** A walk holds one descriptor for each level. */
const DEEPEST = 200;
const BLOCK = 4096;

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
}

/**
 * Looks through a tree without following symlinks. Throws AiDockError for what cannot be moved: a device, a pipe, a name
 * that is no UTF-8, a tree that is too deep.
 */
export function scanTree(root: DirectoryHandle, shown: string): TreeSize {
  const size = { files: 0, bytes: 0, room: BLOCK, entries: 1 };
  const hash = createHash("sha256");
  scan(root, { shown, prefix: "", depth: 0, size, hash });
  return { ...size, fingerprint: hash.digest("hex") };
}

interface Scan {
  shown: string;
  prefix: string;
  depth: number;
  size: Omit<TreeSize, "fingerprint">;
  hash: Hash;
}

function scan(directory: DirectoryHandle, { shown, prefix, depth, size, hash }: Scan): void {
  if (depth > DEEPEST) throw new AiDockError(`"${shown}": expected at most ${DEEPEST} levels, got more`);
  for (const entry of sorted(directory)) {
    const path = `${prefix}${entry.name}`;
    requireMovable(entry.name, `${shown}/${entry.name}`);
    if (entry.isSocket()) continue;
    size.entries++;
    if (entry.isDirectory()) {
      size.room += BLOCK;
      using child = directory.child(entry.name);
      scan(child, { shown: `${shown}/${entry.name}`, prefix: `${path}/`, depth: depth + 1, size, hash });
      continue;
    }
    if (entry.isSymbolicLink()) {
      hash.update(`${path}\0${directory.linkAt(entry.name)}\n`);
      continue;
    }
    if (!entry.isFile())
      throw new AiDockError(`"${shown}/${entry.name}": expected a file, got a device or a pipe`);
    const stat = directory.entry(entry.name);
    if (stat === undefined) throw new AiDockError(`"${shown}/${entry.name}" has gone meanwhile`);
    const bytes = Number(stat.size);
    size.files++;
    size.bytes += bytes;
    size.room += Math.ceil(bytes / BLOCK) * BLOCK;
    hash.update(`${path}\0${bytes}\0${stat.mtimeNs}\n`);
  }
}

/** Entries in an order that is the same everywhere. */
export function sorted(directory: DirectoryHandle) {
  return directory.listNow().toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

function requireMovable(name: string, shown: string): void {
  if (name.includes("\uFFFD")) throw new AiDockError(`"${shown}": expected a name in UTF-8`);
}

/** A file, symlink or directory below that has changed since a time in milliseconds; undefined for none. Caches of Python are no loss. */
export function changedSince(directory: DirectoryHandle, since: number, prefix = ""): string | undefined {
  for (const entry of directory.listNow()) {
    if (entry.name === "__pycache__" || entry.isSocket()) continue;
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) {
      using child = directory.child(entry.name);
      const found = changedSince(child, since, `${path}/`);
      if (found !== undefined) return found;
    } else if (Number((directory.entry(entry.name)?.ctimeNs ?? 0n) / 1_000_000n) >= since) return path;
  }
  return undefined;
}
