import { readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";

export interface Mount {
  /** Where it is mounted, unescaped. */
  target: string;
  /** File system type, `ext4` or `fuse.rclone`. */
  type: string;
  /** What is mounted: a device, or a name such as `overlay` or a remote. */
  source: string;
}

const MOUNTINFO = "/proc/self/mountinfo";

const RCLONE = "fuse.rclone";

/** File systems that another process or host answers for, and may never answer. */
const network =
  /^(fuse(\..+)?|fuseblk|nfs4?|cifs|smb3|9p|virtiofs|vboxsf|ceph|glusterfs|lustre|afs|beegfs|gpfs|wekafs)$/;

/** The kernel follows as many symlinks in one path. */
const MAX_SYMLINKS = 40;

/** How long one reading of mountinfo counts: a newer mount still answers, and a thousand starts read once. */
const REREAD_MILLISECONDS = 100;

let lastReading = { file: "", until: 0, mounts: [] as Mount[] };

/** Every mount this process sees, in mount order. */
export function listMounts(file = MOUNTINFO): Mount[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map(parseMount);
}

/** The mount whose root is exactly `path` (symlinks followed), the topmost where several are stacked. */
export function mountAt(path: string, file = MOUNTINFO): Mount | undefined {
  return findMount(resolve(path), file);
}

/** Like mountAt(), but makes no syscall on `path` itself: a hung FUSE mount there would block the caller. */
export function topMount(path: string, file = MOUNTINFO): Mount | undefined {
  return findMount(join(resolve(dirname(path)), basename(path)), file);
}

function findMount(target: string, file: string): Mount | undefined {
  return listMounts(file).findLast((mount) => mount.target === target);
}

/**
 * True when an absolute path leads into a network or FUSE mount. Walks symlinks by hand, so that no syscall touches
 * such a mount: a hung server would block PID 1. A network file system at the root does not count, as with that one
 * everything hangs.
 */
export function isNetworkMount(path: string, file = MOUNTINFO): boolean {
  return networkMountOf(path, file) !== undefined;
}

/** True where a network or FUSE mount is below an absolute path without symlinks. */
export function hasNetworkMountBelow(path: string, file = MOUNTINFO): boolean {
  return recentMounts(file).some(({ target, type }) => network.test(type) && target.startsWith(`${path}/`));
}

/** True for a path on a remote that rclone mounts. */
export function isOnRcloneMount(path: string, file = MOUNTINFO): boolean {
  return networkMountOf(path, file)?.type === RCLONE;
}

/** True for the mount of a remote. */
export function isRcloneMount(mount: Mount | undefined): boolean {
  return mount?.type === RCLONE;
}

function networkMountOf(path: string, file: string): Mount | undefined {
  return networkMountsOf(path, file)[0];
}

/**
 * The network and FUSE mounts that an absolute path leads through, the outermost first. From there on no symlink is looked
 * at, so that no syscall touches them; see isNetworkMount().
 */
export function networkMountsOf(path: string, file = MOUNTINFO): Mount[] {
  const mounts = recentMounts(file);
  if (!mounts.some(({ type }) => network.test(type))) return [];
  let links = 0;
  let current = "/";
  const rest = segments(path);
  for (let segment = rest.shift(); segment !== undefined; segment = rest.shift()) {
    const next = join(current, segment);
    const mount = next === "/" ? undefined : mounts.findLast(({ target }) => target === next);
    if (mount !== undefined && network.test(mount.type))
      return [mount, ...networkMountsBetween(next, join(next, ...rest), mounts)];
    const link = mount === undefined ? linkAt(next) : undefined;
    if (link !== undefined && ++links > MAX_SYMLINKS) return [];
    if (link?.startsWith("/")) current = "/";
    else if (link === undefined) current = next;
    rest.unshift(...segments(link ?? ""));
  }
  return [];
}

function networkMountsBetween(upper: string, lower: string, mounts: Mount[]): Mount[] {
  return mounts.filter(
    ({ target, type }) =>
      network.test(type) && target.startsWith(`${upper}/`) && `${lower}/`.startsWith(`${target}/`),
  );
}

function recentMounts(file: string): Mount[] {
  const now = performance.now();
  if (lastReading.file !== file || now > lastReading.until)
    lastReading = { file, until: now + REREAD_MILLISECONDS, mounts: listMounts(file) };
  return lastReading.mounts;
}

function segments(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // No symlink, or not there.
    return undefined;
  }
}

/** The optional fields in the middle end at a lone dash. */
function parseMount(line: string): Mount {
  const fields = line.split(" ");
  const [type = "", source = ""] = fields.slice(fields.indexOf("-") + 1);
  return { target: unescape(fields[4] ?? ""), type: unescape(type), source: unescape(source) };
}

/** mountinfo writes blank, tab, newline and backslash as octal bytes. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

/** A stale network mount cannot be resolved; its path then stands for itself. */
function resolve(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path.length > 1 ? path.replace(/\/+$/, "") : path;
  }
}
