import {
  chownSync,
  closeSync,
  fchmodSync,
  fchownSync,
  lchownSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { errnoOf } from "../../errors.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import type { Ids } from "./ids.ts";

/** Copies what new accounts find in their home (useradd(8)), all but what is there already, for its owner. */
export function copySkeleton(source: string, target: DirectoryHandle, owner: Ids): void {
  for (const name of list(source)) {
    const [from, to] = [`${source}/${name}`, `${target.path}/${name}`];
    const found = lstatSync(from);
    const isThere = lstatSync(to, { throwIfNoEntry: false }) !== undefined;
    if (isThere) continue;
    if (found.isSymbolicLink()) {
      symlinkSync(readlinkSync(from), to);
      lchownSync(to, owner.uid, owner.gid);
    } else if (found.isDirectory()) {
      using child = target.enter(name, found.mode & 0o777);
      copySkeleton(from, child, owner);
      chownSync(child.path, owner.uid, owner.gid);
    } else if (found.isFile()) copyFile(from, to, found.mode & 0o777, owner);
  }
}

/** `wx` makes a new file and follows no link. */
function copyFile(from: string, to: string, mode: number, { uid, gid }: Ids): void {
  const file = openSync(to, "wx", 0o600);
  try {
    writeFileSync(file, readFileSync(from));
    fchownSync(file, uid, gid);
    fchmodSync(file, mode);
  } finally {
    closeSync(file);
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}
