import { lstatSync, mkdirSync, readlinkSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { readIfExists, writeFileAtomic } from "../../sys/fs.ts";

/**
 * Writes a file with what `change` makes of its text, unless it holds just that, with its directory; a symlink,
 * owner and mode of a file there stay. Each character of the text is one byte, so that lines of the user's own stay
 * as they are in any encoding.
 */
export function changeFile(path: string, mode: number, change: (bytes: string) => string): void {
  const current = readIfExists(path, "latin1");
  const wanted = change(current ?? "");
  if (current === wanted) return;
  const bytes = Buffer.from(wanted, "latin1");
  mkdirSync(dirname(path), { recursive: true });
  if (current === undefined) return writeFileAtomic(path, bytes, mode);
  const target = realpathSync(path);
  const there = statSync(target);
  writeFileAtomic(target, bytes, there.mode & 0o7777, there);
}

/** Makes `path` a symlink to `target`, replacing what is there unless it is a directory. */
export function linkTo(path: string, target: string): void {
  if (linkTarget(path) === target) return;
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

function linkTarget(path: string): string | undefined {
  const info = lstatSync(path, { throwIfNoEntry: false });
  return info?.isSymbolicLink() === true ? readlinkSync(path) : undefined;
}
