import { linkSync, lstatSync, mkdirSync, symlinkSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { copyFile } from "./copy-file.ts";
import { dress, dressLink, type Rights } from "./metadata.ts";
import type { Progress } from "./progress.ts";
import { removeEntry } from "./remove-tree.ts";
import { sorted } from "./scan.ts";

const PRIVATE = 0o700;

/** File systems without hard links, or with too many at one file. */
const NO_HARD_LINKS = new Set(["EPERM", "EOPNOTSUPP", "ENOTSUP", "EMLINK", "EXDEV", "ENOSYS"]);

export interface TreeCopy {
  rights: Rights;
  progress: Progress;
  /** The target as a whole. */
  root: DirectoryHandle;
  /** Names of one file: where its first copy is below root, by device and inode of the original. */
  links: Map<string, string>;
}

/**
 * Makes `target` the same as `source`, as far as it is not already: what an earlier boot has copied counts by size and
 * time, what the original does not have is removed. Only for a target that nobody else can reach. Throws with an errno
 * `code`, AiDockError for what cannot be copied.
 */
export function copyTree(
  source: DirectoryHandle,
  target: DirectoryHandle,
  copy: TreeCopy,
  prefix = "",
): void {
  const entries = sorted(source).filter((entry) => !entry.isSocket());
  const wanted = new Set(entries.map(({ name }) => name));
  for (const { name } of target.listNow()) if (!wanted.has(name)) removeEntry(target, name);
  for (const entry of entries) {
    const { name } = entry;
    if (entry.isDirectory()) copyDirectory(source, target, name, copy, prefix);
    else if (entry.isSymbolicLink()) copyLink(source, target, name);
    else copyOneFile(source, target, name, copy, prefix);
  }
  // Last of all: each entry that is made in it changes its time.
  dress(target.path, source.path, source.bigStat(), copy.rights);
}

function copyDirectory(
  source: DirectoryHandle,
  target: DirectoryHandle,
  name: string,
  copy: TreeCopy,
  prefix: string,
): void {
  const there = target.entry(name);
  if (there !== undefined && !there.isDirectory()) removeEntry(target, name);
  if (there === undefined || !there.isDirectory()) mkdirSync(target.at(name), { mode: PRIVATE });
  using from = source.child(name);
  using to = target.child(name);
  copyTree(from, to, copy, `${prefix}${name}/`);
}

function copyLink(source: DirectoryHandle, target: DirectoryHandle, name: string): void {
  const stat = lstatSync(source.at(name), { bigint: true });
  const leadsTo = source.linkAt(name) ?? "";
  if (target.linkAt(name) !== leadsTo) {
    if (target.entry(name) !== undefined) removeEntry(target, name);
    symlinkSync(leadsTo, target.at(name));
  }
  dressLink(target.at(name), stat);
}

function copyOneFile(
  source: DirectoryHandle,
  target: DirectoryHandle,
  name: string,
  { rights, progress, root, links }: TreeCopy,
  prefix: string,
): void {
  const stat = lstatSync(source.at(name), { bigint: true });
  const inode = stat.nlink > 1n ? `${stat.dev}:${stat.ino}` : undefined;
  const first = inode === undefined ? undefined : links.get(inode);
  if (first !== undefined && linkTo(root.at(first), target, name)) {
    progress.add(Number(stat.size), 1, true);
    return;
  }
  copyFile({
    source,
    target,
    name,
    rights,
    onBytes: (bytes, skipped) => progress.add(bytes, 0, skipped),
  });
  progress.add(0, 1);
  if (inode !== undefined && first === undefined) links.set(inode, `${prefix}${name}`);
}

/** False where the file system makes no hard link; the file is copied then. */
function linkTo(first: string, target: DirectoryHandle, name: string): boolean {
  const there = target.entry(name);
  const original = lstatSync(first, { bigint: true });
  if (there !== undefined && there.ino === original.ino) return true;
  if (there !== undefined) removeEntry(target, name);
  try {
    linkSync(first, target.at(name));
    return true;
  } catch (error) {
    if (!NO_HARD_LINKS.has(errnoOf(error) ?? "")) throw error;
    return false;
  }
}
