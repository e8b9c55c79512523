import { rmdir, unlink } from "node:fs/promises";
import { AiDockError, errnoOf } from "../../errors.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";

/** A directory of a tree and the files in it. */
export interface TreeDirectory {
  /** Valid until the walk goes on. */
  directory: DirectoryHandle;
  /** From the root of the walk; empty, or with a slash at its end. */
  prefix: string;
  /** Names of regular files. */
  files: string[];
}

/** PATH_MAX: rclone makes no longer paths, and a walk holds one descriptor for each level. */
const LONGEST_PATH = 4096;

/** Throws AiDockError for a path in a cache that is longer than any of rclone's. */
export function requireDepth(path: string): void {
  if (path.length > LONGEST_PATH)
    throw new AiDockError(`"${path.slice(0, 80)}…": expected a path of at most ${LONGEST_PATH} bytes`);
}

/**
 * Walks a tree by descriptors (openat, O_NOFOLLOW): a user who swaps a directory for a symlink meanwhile cannot
 * lead the walk out of the tree. Symlinks, sockets and devices are left out.
 * Throws AiDockError below a path that is too long, and with an errno `code`.
 */
export async function* walkTree(root: DirectoryHandle): AsyncGenerator<TreeDirectory> {
  // A stack and no recursion: with nested generators each step would cost as much as the tree is deep.
  const stack: { directory: DirectoryHandle; prefix: string; folders?: string[] }[] = [
    { directory: root.duplicate(), prefix: "" },
  ];
  try {
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const { directory, prefix } = top;
      if (top.folders === undefined) {
        requireDepth(prefix);
        const entries = await directory.list();
        top.folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
        const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
        yield { directory, prefix, files };
      }
      const name = top.folders.pop();
      const child = name === undefined ? null : childIfThere(directory, name);
      if (child !== null) stack.push({ directory: child, prefix: `${prefix}${name}/` });
      else if (name === undefined) stack.pop()?.directory[Symbol.dispose]();
    }
  } finally {
    for (const { directory } of stack) directory[Symbol.dispose]();
  }
}

/** rclone removes directories that it has emptied. */
function childIfThere(parent: DirectoryHandle, name: string): DirectoryHandle | null {
  try {
    return parent.child(name);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** Removes a directory tree by descriptors. Throws with an errno `code`. */
export async function removeTree(parent: DirectoryHandle, name: string): Promise<void> {
  using directory = parent.child(name);
  for (const entry of await directory.list()) {
    if (entry.isDirectory()) await removeTree(directory, entry.name);
    else await unlink(`${directory.path}/${entry.name}`);
  }
  await rmdir(`${parent.path}/${name}`);
}
