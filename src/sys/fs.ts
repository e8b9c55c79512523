import {
  chmodSync,
  closeSync,
  fchmodSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { errnoOf } from "../errors.ts";

/** The text of a file, or undefined when it is not there or is no file. Other errors are thrown. */
export function readIfExists(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
}

/** Creates a directory and its parents; `mode` also for one that is there already. */
export function ensureDirectory(path: string, mode?: number): void {
  mkdirSync(path, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  if (mode !== undefined) chmodSync(path, mode);
}

/** Writes a whole file or nothing, by rename within its directory; never readable with a wider mode. */
export function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o600): void {
  const temporary = `${dirname(path)}/.${process.pid}.${Bun.nanoseconds()}.tmp`;
  const file = openSync(temporary, "wx", mode);
  try {
    fchmodSync(file, mode);
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    for (let written = 0; written < bytes.byteLength;) written += writeSync(file, bytes, written);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}
