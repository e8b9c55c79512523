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
 * Moves files with truncated records to `aside`. A SIGKILL while rclone writes a record truncates it, and rclone deletes
 * the file of an unreadable record at its next start, uploaded or not. Only while rclone does not run.
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

/** Writes the files in `aside` through the mount; only while rclone runs. Never throws. */
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

/** Returns the number of files moved. Expects a checked cache, whose paths nobody else can change. */
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
 * Copies files from `aside` through the mount unless the far end has a file of that name, which may be the same, older
 * or newer: then both are kept, and `kept` has the path below the cache. `below` leads from the folder of a remote in
 * the cache to the root of the mount.
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

/** Runs commands, which can be killed: a syscall on the mount of a hung rclone would block a thread for ever. */
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

/** A path that is not taken: the given one, or with a number behind it. */
async function unused(path: string): Promise<string> {
  let result = path;
  for (let number = 2; await Bun.file(result).exists(); number++) result = `${path}.${number}`;
  return result;
}
