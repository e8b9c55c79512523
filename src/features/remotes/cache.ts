import { copyFile, link, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { z } from "zod";
import { errnoOf } from "../../errors.ts";

const recordSchema = z.looseObject({ Dirty: z.boolean(), Size: z.number() });

const READ_AT_ONCE = 16;

/** What is written to a remote and not uploaded yet. */
export interface Pending {
  files: number;
  bytes: number;
}

/** Within a cache, where files wait whose record was cut off (see torn.ts). */
export const ASIDE = "aside";

/** What waits in a cache. Throws when it cannot be read. */
export async function pendingIn(cache: string): Promise<Pending> {
  const aside = await filesBelow(join(cache, ASIDE));
  const sizes = await Promise.all(aside.map(async (path) => (await stat(path)).size));
  const pending = { files: aside.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  for await (const { record } of recordsIn(join(cache, "vfsMeta"))) {
    if (!record?.Dirty) continue;
    pending.files++;
    pending.bytes += record.Size;
  }
  return pending;
}

/**
 * rclone names the folder of a remote that variables define after their values, `NAME{hash}`: a new password
 * would leave behind what waits under the old one. Moves such uploads to the folder in use, `current`; rclone
 * finds them when it starts again. What waits in both, and what lies outside of what the remote shows now, stays
 * where it is. `cache` holds no other remote, and nobody else writes to it.
 */
export async function adoptUploads(cache: string, current: string) {
  const [inUse = "", ...below] = relative(join(cache, "vfs"), current).split("/");
  const result = { moved: 0, conflicts: [] as string[], outside: 0 };
  if (inUse === "" || inUse === "..") return result;
  const shown = below.map((part) => `${part}/`).join("");
  for (const folder of await ifThere(readdir(join(cache, "vfsMeta")))) {
    const kept = await adoptFolder(cache, folder, { inUse, shown, result });
    if (kept > 0 || folder === inUse) continue;
    await rm(join(cache, "vfs", folder), { recursive: true, force: true });
    await rm(join(cache, "vfsMeta", folder), { recursive: true, force: true });
  }
  return result;
}

/** How many files have to stay where they are. */
async function adoptFolder(
  cache: string,
  folder: string,
  {
    inUse,
    shown,
    result,
  }: { inUse: string; shown: string; result: { moved: number; conflicts: string[]; outside: number } },
): Promise<number> {
  let kept = 0;
  const root = join(cache, "vfsMeta", folder);
  for await (const { path, record } of recordsIn(root)) {
    const file = relative(root, path);
    if (record?.Dirty === false) continue;
    if (!file.startsWith(shown)) {
      result.outside++;
      kept++;
    } else if (folder === inUse) kept++;
    else if (record !== undefined && (await move(cache, file, folder, inUse))) result.moved++;
    else {
      result.conflicts.push(path);
      kept++;
    }
  }
  return kept;
}

/**
 * False when the same file waits at its new place, too. At no moment is there data without a record or the
 * reverse at both places: rclone deletes what has no record.
 */
async function move(cache: string, file: string, from: string, to: string): Promise<boolean> {
  const place = (kind: string, folder: string) => join(cache, kind, folder, file);
  if ((await readRecord(place("vfsMeta", to)))?.Dirty) return false;
  for (const kind of ["vfs", "vfsMeta"]) await mkdir(dirname(place(kind, to)), { recursive: true });
  if (await Bun.file(place("vfs", from)).exists()) {
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

/** Every record below a folder, which is undefined where there is no sense in it. Throws what keeps it from being read. */
export async function* recordsIn(folder: string) {
  const paths = await filesBelow(folder);
  for (let index = 0; index < paths.length; index += READ_AT_ONCE) {
    const some = paths.slice(index, index + READ_AT_ONCE);
    yield* await Promise.all(some.map(async (path) => ({ path, record: await readRecord(path) })));
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await ifThere(readdir(folder, { recursive: true, withFileTypes: true }));
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** What rclone knows of a cached file; undefined when there is no such file, or no sense in it. */
async function readRecord(path: string): Promise<z.infer<typeof recordSchema> | undefined> {
  const [text] = await ifThere(readFile(path, "utf8").then((content) => [content]));
  try {
    return recordSchema.parse(JSON.parse(text ?? ""));
  } catch {
    return undefined;
  }
}

async function ifThere<Value>(list: Promise<Value[]>): Promise<Value[]> {
  try {
    return await list;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}
