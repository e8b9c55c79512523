import { closeSync, lstatSync, readSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { forgetCached } from "../../sys/sync-file.ts";
import { CHUNK, openFile } from "./copy-file.ts";
import { differingXattr, dressedMode, isSameTime, type Rights } from "./metadata.ts";
import type { Progress } from "./progress.ts";
import { sorted } from "./scan.ts";

const MODE_BITS = 0o7777n;

export interface Comparison {
  rights: Rights;
  progress: Progress;
  /** Called with the path of a file whose copy reads back differently, and what differs. */
  onDifference: (path: string, what: string) => void;
}

/**
 * Compares a copy with its original, byte by byte as the disk gives them back, with owners, modes, times, links and
 * attributes. Throws with an errno `code`.
 */
export function compareTrees(
  source: DirectoryHandle,
  target: DirectoryHandle,
  comparison: Comparison,
  prefix = "",
): void {
  const { rights, progress, onDifference } = comparison;
  const entries = sorted(source).filter((entry) => !entry.isSocket());
  const names = new Set(entries.map(({ name }) => name));
  for (const { name } of target.listNow())
    if (!names.has(name)) onDifference(`${prefix}${name}`, "is too many");
  const own = compareStat(source.path, source.bigStat(), target.bigStat(), rights);
  if (own !== undefined) onDifference(prefix, own);
  for (const entry of entries) {
    const { name } = entry;
    const path = `${prefix}${name}`;
    const stat = lstatSync(source.at(name), { bigint: true });
    const copy = target.entry(name);
    if (copy === undefined || typeOf(copy) !== typeOf(stat)) {
      onDifference(path, "is missing");
    } else if (entry.isDirectory()) {
      using from = source.child(name);
      using to = target.child(name);
      compareTrees(from, to, comparison, `${path}/`);
    } else if (entry.isSymbolicLink()) {
      if (source.linkAt(name) !== target.linkAt(name)) onDifference(path, "leads elsewhere");
    } else {
      const what = compareFiles(source, target, name, rights, progress);
      if (what !== undefined) onDifference(path, what);
      progress.add(0, 1);
    }
  }
}

const typeOf = ({ mode }: BigIntStats) => mode & ~MODE_BITS;

/** Group permissions are read with the ACL, when `from` can be read at all. */
function compareStat(from: string, stat: BigIntStats, copy: BigIntStats, rights: Rights): string | undefined {
  if (stat.uid !== copy.uid || stat.gid !== copy.gid) return "has another owner";
  if ((copy.mode & MODE_BITS) !== BigInt(dressedMode(from, stat, rights))) return "has another mode";
  return isSameTime(stat.mtimeNs, copy.mtimeNs, rights.timeGrain) ? undefined : "has another time";
}

const buffers = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)] as const;

function compareFiles(
  source: DirectoryHandle,
  target: DirectoryHandle,
  name: string,
  rights: Rights,
  progress: Progress,
): string | undefined {
  const one = openFile(source, name);
  try {
    const other = openFile(target, name);
    try {
      const links = [one.fd, other.fd].map((fd) => `/proc/self/fd/${fd}`) as [string, string];
      const difference = compareStat(links[0], one.stat, other.stat, rights);
      if (difference !== undefined) return difference;
      if (one.stat.size !== other.stat.size) return "has another size";
      const attribute = differingXattr(links[0], links[1], rights);
      if (attribute !== undefined) return `lacks the attribute ${attribute}`;
      forgetCached(other.fd);
      return sameBytes(one.fd, other.fd, progress) ? undefined : "has other content";
    } finally {
      closeSync(other.fd);
    }
  } finally {
    closeSync(one.fd);
  }
}

function sameBytes(one: number, other: number, progress: Progress): boolean {
  for (let at = 0; ;) {
    const size = readFully(one, buffers[0], at);
    if (size !== readFully(other, buffers[1], at)) return false;
    if (size === 0) return true;
    if (!buffers[0].subarray(0, size).equals(buffers[1].subarray(0, size))) return false;
    at += size;
    progress.add(size);
  }
}

/** read(2) may give less than there is, as on a network file system. */
function readFully(fd: number, buffer: Buffer, position: number): number {
  let size = 0;
  while (size < buffer.byteLength) {
    const bytes = readSync(fd, buffer, size, buffer.byteLength - size, position + size);
    if (bytes === 0) break;
    size += bytes;
  }
  return size;
}
