import { access, copyFile, link, mkdir, rename, rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { errnoOf } from "../../errors.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { childOf } from "./cache.ts";
import { readRecord, recordsBelow } from "./record.ts";
import { removeTree } from "./tree.ts";

export interface Adoption {
  /** Files that rclone finds when it starts again. */
  moved: number;
  /** Records, below the cache, whose files wait in both places or have no readable record. */
  conflicts: string[];
  /** Files outside of the folder that the remote shows now. */
  outside: number;
}

/** The folder of a cache that rclone uses, and the folders below that are the root of its mount. */
export interface FolderInUse {
  name: string;
  below: string[];
}

/** Takes the path that rclone gives for its cache apart; undefined for one outside of `cache`. */
export function folderInUse(cache: string, path: string): FolderInUse | undefined {
  const [name = "", ...below] = relative(join(cache, "vfs"), path).split("/");
  return name === "" || name === ".." ? undefined : { name, below };
}

/**
 * Moves uploads of earlier settings to the folder in use, where rclone finds them at its next start. The folder of a
 * remote that variables define has the hash of their values in its name, `NAME{hash}`, so that a new password would
 * strand pending uploads. Files that wait in both folders, or outside of the folder shown now, stay in place. Expects
 * a checked cache (RemoteCache.check), whose paths nobody else can change.
 */
export async function adoptUploads(cache: DirectoryHandle, inUse: FolderInUse): Promise<Adoption> {
  const result: Adoption = { moved: 0, conflicts: [], outside: 0 };
  using records = childOf(cache, "vfsMeta");
  if (records === null) return result;
  for (const entry of await records.list()) {
    if (!entry.isDirectory()) continue;
    const kept = await adoptFolder(cache, entry.name, inUse, result);
    if (kept > 0 || entry.name === inUse.name) continue;
    using data = childOf(cache, "vfs");
    for (const parent of [data, records]) {
      if (parent !== null && (await exists(`${parent.path}/${entry.name}`)))
        await removeTree(parent, entry.name);
    }
  }
  return result;
}

/** How many files have to stay where they are. */
async function adoptFolder(
  cache: DirectoryHandle,
  folder: string,
  inUse: FolderInUse,
  result: Adoption,
): Promise<number> {
  const shown = inUse.below.map((part) => `${part}/`).join("");
  let kept = 0;
  using root = cache.child(`vfsMeta/${folder}`);
  for await (const { path, record } of recordsBelow(root)) {
    if (record?.dirty === false) continue;
    if (!path.startsWith(shown)) {
      result.outside++;
      kept++;
    } else if (folder === inUse.name) kept++;
    else if (record !== undefined && (await move(cache, path, folder, inUse.name))) result.moved++;
    else {
      result.conflicts.push(`vfsMeta/${folder}/${path}`);
      kept++;
    }
  }
  return kept;
}

/**
 * Moves one file with its record; false when another version of the file waits at the new place. Link, rename, remove
 * in this order: after a crash at any point one place has both data and record, and rclone deletes data without one.
 */
async function move(cache: DirectoryHandle, file: string, from: string, to: string): Promise<boolean> {
  const place = (kind: string, folder: string) => join(cache.path, kind, folder, file);
  if ((await readRecord(place("vfsMeta", to)))?.dirty) return false;
  for (const kind of ["vfs", "vfsMeta"])
    await mkdir(dirname(place(kind, to)), { recursive: true, mode: 0o700 });
  if (await exists(place("vfs", from))) {
    await rm(place("vfs", to), { force: true });
    await copyOrLink(place("vfs", from), place("vfs", to));
  }
  await rename(place("vfsMeta", from), place("vfsMeta", to));
  await rm(place("vfs", from), { force: true });
  return true;
}

/** A file system without hard links, such as exFAT, takes more time and room. */
async function copyOrLink(from: string, to: string): Promise<void> {
  await link(from, to).catch(async () => copyFile(from, to));
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}
