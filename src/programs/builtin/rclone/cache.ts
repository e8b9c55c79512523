import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { z } from "zod";
import { errnoOf } from "../../../errors.ts";

const recordSchema = z.looseObject({ Dirty: z.boolean(), Size: z.number() });

/** What is written to a remote and not uploaded yet. */
export interface Pending {
  files: number;
  bytes: number;
}

/** What waits in a cache while no rclone serves it. */
export async function pendingIn(cache: string): Promise<Pending> {
  const sizes = (await uploadsIn(join(cache, "vfsMeta"))).map(({ size }) => size);
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/**
 * rclone names the folder of a remote that variables define after their values, `NAME{hash}`: a new password
 * would leave behind what waits under the old one. Moves such uploads to the folder in use, `current`; rclone
 * finds them when it starts again. What waits in both stays where it is. `cache` holds no other remote.
 */
export async function adoptUploads(cache: string, current: string) {
  const inUse = relative(join(cache, "vfs"), current).split("/")[0] ?? "";
  const result = { moved: 0, conflicts: [] as string[] };
  if (inUse === "" || inUse === "..") return result;
  for (const folder of await entries(join(cache, "vfsMeta"))) {
    if (folder === inUse) continue;
    const before = result.conflicts.length;
    for (const { path } of await uploadsIn(join(cache, "vfsMeta", folder))) {
      if (await move(cache, relative(join(cache, "vfsMeta", folder), path), folder, inUse)) result.moved++;
      else result.conflicts.push(path);
    }
    if (result.conflicts.length === before) {
      await rm(join(cache, "vfs", folder), { recursive: true, force: true });
      await rm(join(cache, "vfsMeta", folder), { recursive: true, force: true });
    }
  }
  return result;
}

/** False when the same file waits at its new place, too. Data goes first: without it, its record says nothing. */
async function move(cache: string, file: string, from: string, to: string): Promise<boolean> {
  const [data, record] = ["vfs", "vfsMeta"].map(
    (kind) => (folder: string) => join(cache, kind, folder, file),
  );
  if (data === undefined || record === undefined || (await readRecord(record(to)))?.Dirty) return false;
  for (const place of [data, record]) {
    await mkdir(dirname(place(to)), { recursive: true });
    await rename(place(from), place(to)).catch((error: unknown) => {
      // An earlier attempt may have been cut off between the two.
      if (errnoOf(error) !== "ENOENT") throw error;
    });
  }
  return true;
}

/** The records of all files below a folder that are not uploaded. */
async function uploadsIn(folder: string): Promise<{ path: string; size: number }[]> {
  const found: { path: string; size: number }[] = [];
  for await (const { path, record } of recordsIn(folder))
    if (record?.Dirty) found.push({ path, size: record.Size });
  return found;
}

/** Every record below a folder, which is undefined where there is no sense in it. */
export async function* recordsIn(folder: string) {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    yield { path, record: await readRecord(path) };
  }
}

/** What rclone knows of a cached file; undefined when there is no such file, or no sense in it. */
async function readRecord(path: string): Promise<z.infer<typeof recordSchema> | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}

async function entries(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).map((name) => basename(name));
}
