import { chmodSync, lstatSync, readdirSync, realpathSync, rmdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { AiDockError, messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import { ensureDirectory } from "../../sys/fs.ts";
import { detachMount, mountEmpty } from "../../sys/libc.ts";
import { listMounts, type Mount } from "../../sys/mounts.ts";
import { isRoot } from "../../sys/users.ts";

/** What mountinfo calls the cover. */
const COVER = "remote-not-mounted";
const RCLONE_TYPE = "fuse.rclone";

/** Modes that keep a user without root out of their own mount point, and let them in. */
const CLOSED = 0o555;
const OPEN = 0o755;

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
  makeDirectory(path);
  const hidden = readdirSync(path).length;
  if (hidden > 0)
    log.warn(`"${path}": expected an empty directory, got ${hidden} entries; a mounted remote hides them`);
  if (!isRoot()) {
    chmodSync(path, CLOSED);
    return;
  }
  try {
    mountEmpty(path, COVER);
  } catch (error) {
    log.warn(`"${path}" can be written while nothing is mounted there: ${messageOf(error)}`);
  }
}

/** A link would lead the cover, and the mount, to a directory that is someone else's. */
function makeDirectory(path: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) ensureDirectory(path);
  else if (!there.isDirectory()) {
    const kind = there.isSymbolicLink() ? "link" : "file";
    throw new AiDockError(`"${path}": expected a directory to mount at, got a ${kind}; move it away`);
  }
}

/** Lets rclone mount there: fusermount3, which mounts for someone without root, wants the directory writable. */
export function openMountPoint(path: string): void {
  if (!isRoot()) chmodSync(path, OPEN);
}

/** Takes every rclone mount on top away, those included that answer no more ("Transport endpoint is not connected"). */
function clearMountPoint(path: string): void {
  while (isMounted(path)) {
    if (isRoot()) detachMount(path);
    else detachAsUser(path);
  }
}

/** What is mounted by fusermount3 for a user, that alone may unmount for them. Throws when it cannot. */
function detachAsUser(path: string): void {
  const { exitCode, stderr } = Bun.spawnSync(["fusermount3", "-uz", "--", path]);
  if (exitCode !== 0) throw new Error(stderr.toString().trim());
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
  } catch (error) {
    log.warn(`"${path}" stays mounted: ${messageOf(error)}`);
  }
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
