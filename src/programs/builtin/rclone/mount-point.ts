import { readdirSync, realpathSync, rmdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { messageOf } from "../../../errors.ts";
import { logger } from "../../../log.ts";
import { ensureDirectory } from "../../../sys/fs.ts";
import { detachMount, mountEmpty } from "../../../sys/libc.ts";
import { listMounts, type Mount } from "../../../sys/mounts.ts";

/** What mountinfo calls the cover. */
const COVER = "remote-not-mounted";
const RCLONE_TYPE = "fuse.rclone";

const log = logger("remotes");

/**
 * Covers a mount point with an empty directory that cannot be written, on which the remote is then mounted:
 * without the remote nothing lands in the disk below, where it would neither be uploaded nor be seen again.
 * Mounts that an earlier life has left are taken away. Throws when there can be no directory.
 */
export function coverMountPoint(path: string): void {
  ensureDirectory(dirname(path));
  clearMountPoint(path);
  if (isCovered(path)) return;
  ensureDirectory(path);
  const hidden = readdirSync(path).length;
  if (hidden > 0)
    log.warn(`"${path}": expected an empty directory, got ${hidden} entries; a mounted remote hides them`);
  try {
    mountEmpty(path, COVER);
  } catch (error) {
    // Someone without root cannot, and fusermount3 wants the directory writable.
    log.debug(`"${path}" is not covered: ${messageOf(error)}`);
  }
}

/** Takes every rclone mount on top away, those included that answer no more ("Transport endpoint is not connected"). */
export function clearMountPoint(path: string): void {
  while (isMounted(path)) detachMount(path);
}

/** True while a remote is mounted there. */
export function isMounted(path: string): boolean {
  return topMount(path)?.type === RCLONE_TYPE;
}

/** Takes all mounts of ours away, since a shared workspace would keep them on its host, and then the empty directory. */
export function releaseMountPoint(path: string): void {
  try {
    clearMountPoint(path);
    if (isCovered(path)) detachMount(path);
    removeIfEmpty(path);
  } catch (error) {
    log.warn(`"${path}" stays mounted: ${messageOf(error)}`);
  }
}

/** An empty directory where no remote is mounted would only invite someone to write to it. */
export function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Not there, or not empty.
  }
}

function isCovered(path: string): boolean {
  return topMount(path)?.source === COVER;
}

/** Found without a look at the path itself: an rclone that hangs would never answer it. */
function topMount(path: string): Mount | undefined {
  const target = `${resolved(dirname(path))}/${basename(path)}`;
  return listMounts().findLast((mount) => mount.target === target);
}

function resolved(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return directory;
  }
}
