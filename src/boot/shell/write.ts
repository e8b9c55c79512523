import { lstatSync, mkdirSync, readlinkSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { readIfExists, writeFileAtomic } from "../../sys/fs.ts";

/** Writes a file unless it holds just that, with its directory; a symlink, owner and mode of a file there stay. */
export function writeIfChanged(path: string, content: string, mode: number): void {
  const current = readIfExists(path);
  if (current === content) return;
  mkdirSync(dirname(path), { recursive: true });
  if (current === undefined) return writeFileAtomic(path, content, mode);
  const target = realpathSync(path);
  const there = statSync(target);
  writeFileAtomic(target, content, there.mode & 0o7777, there);
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
