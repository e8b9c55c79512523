import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { errnoOf } from "../../errors.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { lockBriefly } from "./lock.ts";
import { type ItemRecord, recordsSchema } from "./record.ts";

const FILE = "provisioning.json";
const TEMPORARY = `.${FILE}.tmp`;
const LOCK = `.${FILE}.lock`;
/** More than any manifest makes; whoever owns the volume may have put anything there. */
const MOST_BYTES = 64 * 1024 * 1024;
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * The records in one directory, which may belong to another user: files are opened without following links, and what is
 * in them decides only whether work is left out. Unreadable records are none: work is then done, or found done, again.
 */
export class Records {
  readonly #directory: DirectoryHandle;

  constructor(directory: DirectoryHandle) {
    this.#directory = directory;
  }

  /** All records, by key. Read anew each time, since another container may share the directory. */
  all(): Record<string, ItemRecord> {
    try {
      const file = openSync(
        `${this.#directory.path}/${FILE}`,
        constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
      );
      try {
        const info = fstatSync(file);
        if (!info.isFile() || info.size > MOST_BYTES) return {};
        const read = recordsSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
        return read.success ? read.data.items : {};
      } finally {
        closeSync(file);
      }
    } catch (error) {
      if (errnoOf(error) !== undefined || error instanceof SyntaxError) return {};
      throw error;
    }
  }

  /** Writes one record, whole or not at all; what others write at the same time stays. Throws with an errno `code`. */
  set(key: string, record: ItemRecord): void {
    using _ = lockBriefly(this.#directory, LOCK);
    this.#write({ ...this.all(), [key]: record });
  }

  /** Removes a record; throws with an errno `code`. */
  delete(key: string): void {
    using _ = lockBriefly(this.#directory, LOCK);
    const { [key]: removed, ...others } = this.all();
    if (removed !== undefined) this.#write(others);
  }

  #write(items: Record<string, ItemRecord>): void {
    const temporary = `${this.#directory.path}/${TEMPORARY}`;
    // A killed process has left that: the lock is ours.
    rmSync(temporary, { force: true });
    const file = openSync(temporary, FLAGS, 0o600);
    try {
      const bytes = Buffer.from(`${JSON.stringify({ version: 1, items }, undefined, 1)}\n`);
      for (let written = 0; written < bytes.byteLength;) written += writeSync(file, bytes, written);
      fsyncSync(file);
      renameSync(temporary, `${this.#directory.path}/${FILE}`);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
  }
}
