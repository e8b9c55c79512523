import {
  closeSync,
  constants,
  fsyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import type { BigIntStats } from "node:fs";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { AiDockError } from "../../errors.ts";
import { dress, isSameTime, type Rights } from "./metadata.ts";

export const CHUNK = 1024 ** 2;

/** How much of one file memory may hold unwritten: an error of the disk shows soon, and progress means something. */
const SYNC_EACH = 128 * CHUNK;

const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const WRITE = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const PRIVATE = 0o600;
/** st_blocks counts these. */
const SECTOR = 512n;

const buffer = Buffer.alloc(CHUNK);

/** Opens a regular file, not through a symlink. Throws with an errno `code`, AiDockError for anything else. */
export function openFile(directory: DirectoryHandle, name: string): { fd: number; stat: BigIntStats } {
  const fd = openSync(directory.at(name), READ);
  const stat = fstatSync(fd, { bigint: true });
  if (stat.isFile()) return { fd, stat };
  closeSync(fd);
  throw new AiDockError(`"${name}": expected a file, got something else`);
}

export interface FileCopy {
  source: DirectoryHandle;
  target: DirectoryHandle;
  name: string;
  rights: Rights;
  /** Told of each part that is written, or that an earlier boot wrote. */
  onBytes: (bytes: number, skipped: boolean) => void;
}

/** True for a copy whose owner, size and times, which come last, are those of the original. */
function looksWhole(stat: BigIntStats, copy: BigIntStats | undefined, { timeGrain }: Rights): boolean {
  if (copy === undefined || !copy.isFile() || copy.size !== stat.size) return false;
  return isSameTime(copy.mtimeNs, stat.mtimeNs, timeGrain);
}

/** Copies a file, or goes on with what an earlier boot has left of the copy. Throws with an errno `code`. */
export function copyFile({ source, target, name, rights, onBytes }: FileCopy): BigIntStats {
  const { fd, stat } = openFile(source, name);
  let copy: number | undefined;
  try {
    const there = target.entry(name);
    if (looksWhole(stat, there, rights)) {
      onBytes(Number(stat.size), true);
      return stat;
    }
    const isPart = there?.isFile() === true && there.nlink === 1n && there.size <= stat.size;
    if (there !== undefined && !isPart) rmSync(target.at(name), { recursive: true });
    const begun = isPart ? Math.floor(Number(there.size) / CHUNK) * CHUNK : 0;
    copy = openSync(target.at(name), isPart ? WRITE : WRITE | constants.O_CREAT | constants.O_EXCL, PRIVATE);
    if (begun > 0) onBytes(begun, true);
    copyBytes(fd, copy, begun, { isSparse: stat.blocks * SECTOR < stat.size, onBytes });
    ftruncateSync(copy, Number(stat.size));
    dress(`/proc/self/fd/${copy}`, `/proc/self/fd/${fd}`, stat, rights);
    return stat;
  } finally {
    closeSync(fd);
    if (copy !== undefined) closeSync(copy);
  }
}

function copyBytes(
  from: number,
  to: number,
  begun: number,
  { isSparse, onBytes }: { isSparse: boolean } & Pick<FileCopy, "onBytes">,
): void {
  let unwritten = 0;
  for (let at = begun; ;) {
    const bytes = readSync(from, buffer, 0, CHUNK, at);
    if (bytes === 0) return;
    if (!isSparse || !isZero(buffer.subarray(0, bytes))) {
      for (let written = 0; written < bytes;)
        written += writeSync(to, buffer, written, bytes - written, at + written);
      unwritten += bytes;
    }
    at += bytes;
    onBytes(bytes, false);
    if (unwritten < SYNC_EACH) continue;
    fsyncSync(to);
    unwritten = 0;
  }
}

const zeros = Buffer.alloc(CHUNK);

const isZero = (part: Buffer) => part.equals(zeros.subarray(0, part.byteLength));
