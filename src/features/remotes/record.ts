import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { z } from "zod";
import { errnoOf } from "../../errors.ts";
import { lazy } from "../../lazy.ts";
import { walkTree } from "./tree.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";

const recordSchema = lazy(() => z.looseObject({ Dirty: z.boolean(), Size: z.number() }));

/** rclone's record of a cached file: pending upload or not, and size in bytes. */
export interface CacheRecord {
  dirty: boolean;
  size: number;
}

/** Limit for what PID 1 reads of one record; ranges of a sparse file can make a record larger. */
const LIMIT_BYTES = 64 * 1024;
/** rclone writes `Size` among the first fields and `Dirty` last, with the ranges of a sparse file in between. */
const EDGE_BYTES = 1024;

const READ_AT_ONCE = 16;

const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The record of a file; undefined when there is none, or when it is cut off or garbage. Throws with an errno `code`. */
export async function readRecord(path: string): Promise<CacheRecord | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, FLAGS);
  } catch (error) {
    if (["ENOENT", "ELOOP"].includes(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return undefined;
    if (stat.size <= LIMIT_BYTES) return parse(await readAt(file, 0, LIMIT_BYTES));
    return parseEdges(
      await readAt(file, 0, EDGE_BYTES),
      await readAt(file, stat.size - EDGE_BYTES, EDGE_BYTES),
    );
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, position: number, bytes: number): Promise<string> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, position);
  return buffer.toString("utf8", 0, bytesRead);
}

function parse(text: string): CacheRecord | undefined {
  try {
    const { Dirty, Size } = recordSchema().parse(JSON.parse(text));
    return { dirty: Dirty, size: Size };
  } catch {
    return undefined;
  }
}

function parseEdges(head: string, tail: string): CacheRecord | undefined {
  const [, size] = /^\s*\{[^[]*"Size":\s*(\d+)/.exec(head) ?? [];
  const [, dirty] = /"Dirty":\s*(true|false)\s*\}\s*$/.exec(tail) ?? [];
  return size === undefined || dirty === undefined
    ? undefined
    : { dirty: dirty === "true", size: Number(size) };
}

/** Every record below a directory, with its path from there; undefined for a file that is no record. */
export async function* recordsBelow(root: DirectoryHandle) {
  for await (const { directory, prefix, files } of walkTree(root)) {
    for (let index = 0; index < files.length; index += READ_AT_ONCE) {
      const some = files.slice(index, index + READ_AT_ONCE);
      yield* await Promise.all(
        some.map(async (name) => ({
          path: prefix + name,
          record: await readRecord(`${directory.path}/${name}`),
        })),
      );
    }
  }
}
