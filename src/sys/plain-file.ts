import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from "node:fs";

/**
 * The text of a regular file; undefined for symlinks, for pipes, which would never end, and for one that is not trusted.
 * The file that is looked at is the one that is read.
 */
export function readPlainFile(
  path: string,
  isTrusted: (stats: Stats) => boolean = () => true,
): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stats = fstatSync(fd);
    return stats.isFile() && isTrusted(stats) ? readFileSync(fd, "utf8") : undefined;
  } finally {
    closeSync(fd);
  }
}
