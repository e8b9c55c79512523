import { closeSync, fstatSync } from "node:fs";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { Checksum } from "./checksum.ts";
import { openOwn } from "./journal.ts";

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
  const fd = size === undefined || size === 0 ? undefined : openOwn(`${directory.path}/${name}`);
  if (fd === undefined || size === undefined) return undefined;
  try {
    const stats = fstatSync(fd);
    const isOfThatTime = Math.floor(stats.mtimeMs / 1000) * 1000 === Date.parse(lastModified ?? "");
    if (stats.size !== size || (sha256 === undefined && !isOfThatTime)) return undefined;
    if (sha256 === undefined) return { size, sha256 };
    return sha256 === (await new Checksum(fd).finish(size, signal)) ? { size, sha256 } : undefined;
  } finally {
    closeSync(fd);
  }
}
