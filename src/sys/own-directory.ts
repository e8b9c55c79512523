import { chmodSync, lstatSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { basename, dirname } from "node:path";
import { DirectoryHandle } from "./directory-handle.ts";

/** Write permission of group and others. */
const WRITABLE_BY_OTHERS = 0o022;
/** In a directory with this bit only the owner of an entry may rename or delete the entry. */
const STICKY = 0o1000;
const MODE_BITS = 0o7777;

/**
 * Makes `path` a directory of this user that nobody else can write to, with `mode`. All calls go through open
 * directories (dirfd), so no rename or symlink redirects them (TOCTOU). Anything else of that name is moved aside, not
 * followed and not changed: a link, a directory of another user, a directory that others may have filled.
 * Returns one line for each thing that was wrong. Throws with an errno `code`.
 */
export function ownDirectory(path: string, mode = 0o755): string[] {
  const [folder, name] = [dirname(path), basename(path)];
  using parent = DirectoryHandle.open(folder);
  const problems = protectNames(parent, folder);
  const refusal = refusalOf(parent, name);
  if (refusal !== undefined) {
    const aside = `${name}.refused-${Date.now()}`;
    renameSync(`${parent.path}/${name}`, `${parent.path}/${aside}`);
    problems.push(
      `"${path}": expected a directory that only we can write to, got ${refusal}; moved to "${folder}/${aside}"`,
    );
  }
  if (kindOf(parent, name) === undefined) mkdirSync(`${parent.path}/${name}`, 0o700);
  using directory = parent.enter(name);
  if (directory.stat().uid !== process.geteuid?.()) throw new Error(`"${path}" belongs to another user`);
  if ((directory.stat().mode & MODE_BITS) !== mode) chmodSync(directory.path, mode);
  return problems;
}

/** Sets the sticky bit on a directory of root that all may write to, such as a Kubernetes emptyDir: root's entries keep their names. */
function protectNames(directory: DirectoryHandle, path: string): string[] {
  const { uid, mode } = directory.stat();
  const isOpen = (mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0;
  if (!isOpen || uid !== process.geteuid?.()) return [];
  chmodSync(directory.path, (mode & MODE_BITS) | STICKY);
  return [`"${path}": any user could rename our files in it; it has the sticky bit now`];
}

/** Why the entry cannot be trusted, or undefined when it can or is not there. */
function refusalOf(parent: DirectoryHandle, name: string): string | undefined {
  const kind = kindOf(parent, name);
  if (kind !== "directory") return kind;
  using directory = parent.enter(name);
  const { uid, mode } = directory.stat();
  if (uid !== process.geteuid?.()) return `a directory of user ${uid}`;
  if ((mode & WRITABLE_BY_OTHERS) === 0) return undefined;
  // Closed before its entries are listed: an empty directory stays empty from here on.
  chmodSync(directory.path, mode & MODE_BITS & ~WRITABLE_BY_OTHERS);
  return readdirSync(directory.path).length === 0 ? undefined : "a directory that others have written to";
}

function kindOf(parent: DirectoryHandle, name: string): "directory" | "a link" | "a file" | undefined {
  const found = lstatSync(`${parent.path}/${name}`, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (found.isSymbolicLink()) return "a link";
  return found.isDirectory() ? "directory" : "a file";
}
