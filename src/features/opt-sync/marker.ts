import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { openFile } from "./copy-file.ts";

/** The file by which ai-dock's base images of 2024 know a directory that was moved whole. */
export const MARKER = ".move_complete";

const LONGEST = 4096;

/** True for a directory that was moved whole, by us or by an image of 2024. */
export function isComplete(directory: DirectoryHandle): boolean {
  return directory.entry(MARKER)?.isFile() === true;
}

/** Marks a directory as whole; `fingerprint` is that of the image's tree. Throws with an errno `code`, EEXIST where it is marked. */
export function markComplete(directory: DirectoryHandle, fingerprint: string): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const fd = openSync(directory.at(MARKER), flags, 0o644);
  try {
    writeSync(fd, `1 ${fingerprint}\n`);
  } finally {
    closeSync(fd);
  }
}

/** The fingerprint of the image's tree that was moved; undefined where an image of 2024 moved it. */
export function fingerprintOf(directory: DirectoryHandle): string | undefined {
  try {
    const { fd } = openFile(directory, MARKER);
    try {
      const buffer = Buffer.alloc(LONGEST);
      const text = buffer.toString("utf8", 0, readSync(fd, buffer, 0, LONGEST, 0));
      return /^1 ([0-9a-f]{64})\n/.exec(text)?.[1];
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}
