import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { run } from "../../sys/run.ts";
import { folderInUse } from "./adopt.ts";
import { ASIDE, childOf } from "./cache.ts";
import { mountControl } from "./control.ts";
import type { RemoteLayout } from "./layout.ts";
import { recordsBelow } from "./record.ts";
import { walkTree } from "./tree.ts";

const log = logger("remotes");

/**
 * A kill in the middle of writing a record leaves one that rclone cannot read, and at its next start it deletes
 * the file that belongs to it, uploaded or not. Moves such files to `aside`. Only while rclone does not run.
 */
export async function setTornAside({ remote }: RemoteLayout, cache: DirectoryHandle): Promise<void> {
  try {
    const files = await moveTorn(cache);
    if (files > 0)
      log.warn(`${remote.name}: records of written files were cut off; the files are set aside`, { files });
  } catch (error) {
    log.warn(`${remote.name}: records of written files are not checked: ${messageOf(error)}`);
  }
}

/** Writes the files in `aside` through the mount, which is there. */
export async function writeAgain(
  { remote, cache: shown, socket, given }: RemoteLayout,
  cache: DirectoryHandle,
  over: AbortSignal,
): Promise<void> {
  try {
    const stats = await mountControl(socket).stats();
    const inUse = stats && folderInUse(given.cache, stats.path);
    if (inUse === undefined) return;
    const { written, kept } = await bringBack(cache, inUse.below, given.mountPoint, over);
    if (written > 0)
      log.info(`${remote.name}: files whose records were cut off are written again`, { files: written });
    for (const path of kept)
      log.warn(
        `${remote.name}: a file of the same name is there, or cannot be written; ours stays in "${shown}/${path}"`,
      );
  } catch (error) {
    if (!over.aborted) log.warn(`${remote.name}: "${shown}/${ASIDE}" is not looked at: ${messageOf(error)}`);
  }
}

/** Moves the files whose records make no sense; how many. The cache is checked, so that paths in it are safe. */
async function moveTorn(cache: DirectoryHandle): Promise<number> {
  let moved = 0;
  using records = childOf(cache, "vfsMeta");
  if (records === null) return moved;
  for await (const { path, record } of recordsBelow(records)) {
    if (record !== undefined) continue;
    const data = join(cache.path, "vfs", path);
    if (((await stat(data).catch(() => undefined))?.size ?? 0) === 0) continue;
    const target = await unused(join(cache.path, ASIDE, path));
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await rename(data, target);
    await rm(join(records.path, path));
    moved++;
  }
  return moved;
}

/**
 * Writes what was set aside through the mount, where nothing of that name is at the far end. What is there already
 * may be the same, older or newer: then both are kept, and `kept` names ours, below the cache. `below` leads from
 * the folder of a remote in the cache to the root of the mount.
 */
async function bringBack(cache: DirectoryHandle, below: string[], mountPoint: string, over: AbortSignal) {
  const result = { written: 0, kept: [] as string[] };
  using aside = childOf(cache, ASIDE);
  if (aside === null) return result;
  for await (const { directory, prefix, files } of walkTree(aside)) {
    const [folder, ...folders] = prefix.split("/").slice(0, -1);
    if (folder === undefined || !below.every((name, index) => folders[index] === name)) continue;
    const target = join(mountPoint, ...folders.slice(below.length));
    for (const name of files) {
      const path = `${directory.sharedPath}/${name}`;
      if (await copyUnlessThere(path, join(target, name), over)) {
        await rm(path);
        result.written++;
      } else result.kept.push(`${ASIDE}/${prefix}${name}`);
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
