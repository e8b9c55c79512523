import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { errnoOf } from "../errors.ts";
import { mountAt } from "./mounts.ts";

const NOT_THERE = ["ENOENT", "ENOTDIR"];

/**
 * The text of a file, or undefined when it is not there or is no file. Other errors are thrown. As `latin1` each
 * byte is one character, so that a file of any encoding can be written back as it was.
 */
export function readIfExists(path: string, encoding: "utf8" | "latin1" = "utf8"): string | undefined {
  try {
    return readFileSync(path, encoding);
  } catch (error) {
    if ([...NOT_THERE, "EISDIR"].includes(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
}

/**
 * True for what is not this container's to change: what is mounted at that very path, or belongs to another
 * user than ours, or cannot be looked at. What is not there is nobody's.
 */
export function isForeign(path: string): boolean {
  try {
    if (statSync(path).uid !== process.geteuid?.()) return true;
  } catch (error) {
    return !NOT_THERE.includes(errnoOf(error) ?? "");
  }
  const mount = mountAt(path);
  // A tmpfs comes empty and goes with the container: nobody else has anything in it.
  return mount !== undefined && mount.type !== "tmpfs";
}

/** Creates a directory and its parents; `mode` also for one that is there already. */
export function ensureDirectory(path: string, mode?: number): void {
  mkdirSync(path, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  if (mode !== undefined) chmodSync(path, mode);
}

/**
 * Writes a whole file or nothing, by rename within its directory; never readable with a wider mode. It belongs
 * to `owner`, by default to this user. With `isDurable` a power cut leaves the old file or the new one, never an empty one
 * (XFS); that waits for the disk.
 */
export function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
  owner?: { uid: number; gid: number },
  isDurable = false,
): void {
  const temporary = `${dirname(path)}/.${process.pid}.${Bun.nanoseconds()}.tmp`;
  const file = openSync(temporary, "wx", mode);
  try {
    if (owner !== undefined) fchownSync(file, owner.uid, owner.gid);
    fchmodSync(file, mode);
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    for (let written = 0; written < bytes.byteLength;) written += writeSync(file, bytes, written);
    if (isDurable) fsyncSync(file);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}
