import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { AiDockError, messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import { run } from "../../sys/run.ts";
import { ASIDE, recordsIn } from "./cache.ts";
import { mountControl } from "./control.ts";
import { holdPlace } from "./hold.ts";
import { isCacheOurs } from "./lock.ts";
import type { Place } from "./layout.ts";

const log = logger("remotes");

/** Caches that were ours and were looked through, or are at the moment. */
const checks = new Map<string, "under way" | "done">();

/** Makes the cache ours and looks it through, before a start that can wait for that. Never throws. */
export async function openCache(place: Place): Promise<void> {
  try {
    holdPlace(place);
  } catch {
    // A start will tell why not, again and again until it can be had.
    return;
  }
  checks.set(place.cache, "under way");
  await keepTorn(place);
  checks.set(place.cache, "done");
}

/** Throws AiDockError while the cache is not ours, or not looked through; the next attempt may find it so. */
export function requireCache(place: Place): void {
  if (!isCacheOurs(place.cache)) checks.delete(place.cache);
  holdPlace(place);
  const check = checks.get(place.cache);
  if (check === "done") return;
  if (check === undefined) void openCache(place);
  throw new AiDockError(`"${place.cache}" is looked through first`);
}

/**
 * A kill in the middle of writing a record leaves one that rclone cannot read, and at its next start it deletes
 * the file that belongs to it, uploaded or not. Moves such files out of its reach. For while it does not run.
 */
export async function keepTorn({ remote, cache }: Place): Promise<void> {
  try {
    const files = await setTornAside(cache);
    if (files > 0)
      log.warn(`${remote.name}: records of written files were cut off; the files are set aside`, { files });
  } catch (error) {
    log.warn(`${remote.name}: records of written files are not checked: ${messageOf(error)}`);
  }
}

/** Writes them through the mount, once it is there. */
export async function writeAgain(
  { remote, cache, socket, mountPoint }: Place,
  over: AbortSignal,
): Promise<void> {
  try {
    const stats = await mountControl(socket).stats();
    if (stats === undefined) return;
    const { written, kept } = await bringBack(cache, stats.path, mountPoint, over);
    if (written > 0)
      log.info(`${remote.name}: files whose records were cut off are written again`, { files: written });
    for (const place of kept)
      log.warn(
        `${remote.name}: a file of the same name is there, or cannot be written; ours stays in "${place}"`,
      );
  } catch (error) {
    if (!over.aborted) log.warn(`${remote.name}: "${cache}/${ASIDE}" is not looked at: ${messageOf(error)}`);
  }
}

/** Moves the files of a cache whose records make no sense aside; how many. */
async function setTornAside(cache: string): Promise<number> {
  let moved = 0;
  for await (const { path, record } of recordsIn(join(cache, "vfsMeta"))) {
    if (record !== undefined) continue;
    const file = relative(join(cache, "vfsMeta"), path);
    const data = join(cache, "vfs", file);
    if (((await stat(data).catch(() => undefined))?.size ?? 0) === 0) continue;
    const place = await unused(join(cache, ASIDE, file));
    await mkdir(dirname(place), { recursive: true });
    await rename(data, place);
    await rm(path);
    moved++;
  }
  return moved;
}

/**
 * Writes what was set aside through the mount, where nothing of that name is at the far end. What is there
 * already may be the same, older or newer: then both are kept, and `kept` names the places of ours. `current` is
 * the folder of the cache that rclone uses for the root of the mount.
 */
async function bringBack(cache: string, current: string, mountPoint: string, over: AbortSignal) {
  const result = { written: 0, kept: [] as string[] };
  const [, ...below] = relative(join(cache, "vfs"), current).split("/");
  for (const folder of await readdir(join(cache, ASIDE)).catch(() => [])) {
    const root = join(cache, ASIDE, folder, ...below);
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      if (await copyUnlessThere(path, join(mountPoint, relative(root, path)), over)) {
        await rm(path);
        result.written++;
      } else result.kept.push(path);
    }
  }
  return result;
}

/** By commands, which can be ended: an rclone that hangs would hold a thread of ours for ever. */
async function copyUnlessThere(from: string, to: string, over: AbortSignal): Promise<boolean> {
  const succeeds = async (...command: string[]) => {
    const { code } = await run(command, { signal: over });
    over.throwIfAborted();
    return code === 0;
  };
  if (await succeeds("test", "-e", to)) return false;
  // A copy that is cut off must not pass for the file.
  const part = `${to}.part`;
  return (
    (await succeeds("mkdir", "-p", "--", dirname(to))) &&
    (await succeeds("cp", "--preserve=timestamps", "--", from, part)) &&
    (await succeeds("mv", "--no-target-directory", "--", part, to))
  );
}

/** The path, with a number behind it where one waits there from before. */
async function unused(path: string): Promise<string> {
  let result = path;
  for (let number = 2; await Bun.file(result).exists(); number++) result = `${path}.${number}`;
  return result;
}
