import type { DirectoryHandle } from "../../sys/directory-handle.ts";

/** How many entries of a tree another one has not; follows no symlinks. Caches of Python do not count. */
export function compareNames(
  source: DirectoryHandle,
  target: DirectoryHandle,
): { entries: number; missing: number } {
  const result = { entries: 0, missing: 0 };
  for (const entry of source.listNow()) {
    if (entry.name === "__pycache__" || entry.isSocket()) continue;
    result.entries++;
    const there = target.entry(entry.name);
    if (there === undefined || there.isDirectory() !== entry.isDirectory()) {
      result.missing++;
    } else if (entry.isDirectory()) {
      using from = source.child(entry.name);
      using to = target.child(entry.name);
      const below = compareNames(from, to);
      result.entries += below.entries;
      result.missing += below.missing;
    }
  }
  return result;
}
