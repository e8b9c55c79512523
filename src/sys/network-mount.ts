import { readlinkSync } from "node:fs";
import { join } from "node:path";
import { listMounts, type Mount, MOUNTINFO } from "./mounts.ts";

/** File systems whose answers come from another process or host, and may never come. */
const distant = /^(fuse(\..+)?|fuseblk|nfs4?|cifs|smb3|9p|virtiofs|ceph|glusterfs|lustre|afs)$/;

/** As many links as the kernel follows. */
const MOST_LINKS = 40;

/** A mount that is so new answers; and a thousand programs that start at once read the list once. */
const LIST_MILLISECONDS = 100;

let known = { file: "", until: 0, mounts: [] as Mount[] };

/**
 * The mount of a distant file system that an absolute path leads into, or undefined for a local one. Asks no such
 * file system anything, so that one that hangs does not hold the caller. One at the root does not count: with it,
 * everything hangs.
 */
export function distantMount(path: string, file = MOUNTINFO): Mount | undefined {
  const mounts = currentMounts(file);
  if (!mounts.some(({ type }) => distant.test(type))) return undefined;
  let links = 0;
  let current = "/";
  const left = words(path);
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const next = join(current, word);
    const mount = next === "/" ? undefined : mounts.findLast(({ target }) => target === next);
    if (mount !== undefined && distant.test(mount.type)) return mount;
    const link = mount === undefined ? linkAt(next) : undefined;
    if (link !== undefined && ++links > MOST_LINKS) return undefined;
    if (link?.startsWith("/")) current = "/";
    else if (link === undefined) current = next;
    left.unshift(...words(link ?? ""));
  }
  return undefined;
}

/** True for what lies on a remote that rclone mounts: PID 1 neither reads nor writes a log there. */
export function isOnRemote(path: string): boolean {
  return distantMount(path)?.type === "fuse.rclone";
}

function currentMounts(file: string): Mount[] {
  const now = performance.now();
  if (known.file !== file || now > known.until)
    known = { file, until: now + LIST_MILLISECONDS, mounts: listMounts(file) };
  return known.mounts;
}

function words(path: string): string[] {
  return path.split("/").filter((word) => word !== "");
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // No link, or not there.
    return undefined;
  }
}
