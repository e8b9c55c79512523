import { chownSync, lchownSync, lstatSync } from "node:fs";
import { DirectoryHandle } from "../../sys/directory-handle.ts";
import type { Ids } from "./ids.ts";

/**
 * Gives everything in a directory that belongs to uid `from` to another owner: what others own, and other file systems,
 * stay. Links are changed, not followed. Throws with an errno `code`.
 */
export async function reown(directory: DirectoryHandle, from: number, to: Ids): Promise<void> {
  const { dev } = directory.stat();
  for (const { name } of await directory.list()) {
    const path = `${directory.path}/${name}`;
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined || found.uid !== from || found.dev !== dev) continue;
    if (!found.isDirectory()) {
      lchownSync(path, to.uid, to.gid);
      continue;
    }
    using child = directory.child(name);
    const { uid, dev: own } = child.stat();
    if (uid !== from || own !== dev) continue;
    await reown(child, from, to);
    chownSync(child.path, to.uid, to.gid);
  }
}
