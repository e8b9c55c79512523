import { closeSync, constants, fstatSync, openSync } from "node:fs";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { Checksum } from "./checksum.ts";

/**
 * Size and checksum of the file at `name` when it is whole already: of that size, and with that checksum, or where none is
 * known, as old as the server says. Undefined else. An earlier process may have ended before it could tell.
 */
export async function alreadyWhole(
  directory: DirectoryHandle,
  name: string,
  wanted: { size: number | undefined; sha256: string | undefined; lastModified: string | undefined },
  signal: AbortSignal,
): Promise<{ size: number; sha256: string | undefined } | undefined> {
  const { size, sha256, lastModified } = wanted;
  const fd = size === undefined || size === 0 ? undefined : openToRead(directory.at(name));
  if (fd === undefined || size === undefined) return undefined;
  try {
    const stats = fstatSync(fd);
    const isOfThatTime = Math.floor(stats.mtimeMs / 1000) * 1000 === Date.parse(lastModified ?? "");
    if (stats.size !== size || (sha256 === undefined && !isOfThatTime)) return undefined;
    if (sha256 === undefined) return { size, sha256 };
    // Whoever owns the file may cut it meanwhile.
    const actual = await new Checksum(fd).finish(size, signal).catch(() => undefined);
    signal.throwIfAborted();
    return sha256 === actual ? { size, sha256 } : undefined;
  } finally {
    closeSync(fd);
  }
}

/** Opens a regular file of whomever, never through a link; undefined for anything else. */
function openToRead(path: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  return undefined;
}
