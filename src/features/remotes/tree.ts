import { rmdir, unlink } from "node:fs/promises";
import { errnoOf } from "../../errors.ts";
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

/**
 * Walks a tree by descriptors (openat, O_NOFOLLOW): whoever swaps a directory for a symlink meanwhile cannot lead
 * the walk out of the tree. Symlinks, sockets and devices are left out.
 */
export async function* walkTree(root: DirectoryHandle, prefix = ""): AsyncGenerator<TreeDirectory> {
  const entries = await root.list();
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  yield { directory: root, prefix, files };
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    using child = childIfThere(root, entry.name);
    if (child !== null) yield* walkTree(child, `${prefix}${entry.name}/`);
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

/** Removes a directory and all below it by descriptors; what cannot be removed throws with an errno `code`. */
export async function removeTree(parent: DirectoryHandle, name: string): Promise<void> {
  using directory = parent.child(name);
  for (const entry of await directory.list()) {
    if (entry.isDirectory()) await removeTree(directory, entry.name);
    else await unlink(`${directory.path}/${entry.name}`);
  }
  await rmdir(`${parent.path}/${name}`);
}
