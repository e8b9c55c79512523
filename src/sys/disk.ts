import { statfsSync } from "node:fs";
import { isSilent } from "./silent-mounts.ts";

const MEBIBYTE = 1024 ** 2;
const GIBIBYTE = 1024 ** 3;

export interface Space {
  freeBytes: number;
  totalBytes: number;
}

/** Room on the file system of a path, as someone without privileges sees it; undefined when there is no such path, or no answer. */
export function spaceOf(path: string): Space | undefined {
  if (isSilent(path)) return undefined;
  try {
    const { bavail, blocks, bsize } = statfsSync(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return undefined;
  }
}

/** "1 file", "2 files". */
export function formatFiles(count: number): string {
  return `${count} ${count === 1 ? "file" : "files"}`;
}

/** "12.3 GiB"; below one in whole MiB, and below that in KiB. */
export function formatBytes(bytes: number): string {
  if (bytes >= GIBIBYTE) return `${(bytes / GIBIBYTE).toFixed(1)} GiB`;
  if (bytes >= MEBIBYTE) return `${Math.round(bytes / MEBIBYTE)} MiB`;
  return `${Math.ceil(bytes / 1024)} KiB`;
}
