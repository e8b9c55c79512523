import {
  type BigIntStats,
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  type Stats,
} from "node:fs";
import { readdir } from "node:fs/promises";
import { errnoOf } from "../errors.ts";

/** Opens the location alone, whatever the permissions on it; not among node's constants. */
const O_PATH = 0o10_000_000;
const DIRECTORY = O_PATH | constants.O_DIRECTORY;

/**
 * A directory descriptor (dirfd). Operations below `path` act on this very directory, whatever its name leads to
 * by then, which rules out TOCTOU races with users who may rename it or put a symlink in its place.
 */
export class DirectoryHandle implements Disposable {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Opens a directory by its path and follows symlinks. Throws with an errno `code`. */
  static open(path: string): DirectoryHandle {
    return new DirectoryHandle(openSync(path, DIRECTORY));
  }

  /** The kernel's magic link to the directory, valid in this process until disposal. */
  get path(): string {
    return `/proc/self/fd/${this.#fd}`;
  }

  /** The same link for child processes of this user. */
  get sharedPath(): string {
    return `/proc/${process.pid}/fd/${this.#fd}`;
  }

  /** Where the directory is at the moment, for messages and for a look into mountinfo. */
  get location(): string {
    return readlinkSync(this.path);
  }

  /** True once the directory has been deleted. */
  get isRemoved(): boolean {
    return this.stat().nlink === 0;
  }

  stat(): Stats {
    return fstatSync(this.#fd);
  }

  /** stat(), with times in nanoseconds. */
  bigStat(): BigIntStats {
    return fstatSync(this.#fd, { bigint: true });
  }

  /** Its entries; the type of each is its own, never that of a symlink's target. */
  async list(): Promise<Dirent[]> {
    return readdir(this.path, { withFileTypes: true });
  }

  /** list(), for processes that have nothing else to do meanwhile. */
  listNow(): Dirent[] {
    return readdirSync(this.path, { withFileTypes: true });
  }

  /** The path of an entry, for calls that do not follow a symlink there. */
  at(name: string): string {
    return `${this.path}/${name}`;
  }

  /** lstat(2) of an entry, with times in nanoseconds; undefined where there is none. */
  entry(name: string): BigIntStats | undefined {
    return lstatSync(this.at(name), { bigint: true, throwIfNoEntry: false });
  }

  /** A second descriptor of the same directory. */
  duplicate(): DirectoryHandle {
    return DirectoryHandle.open(this.path);
  }

  /** Opens a directory in it. Throws ENOENT where there is none, ENOTDIR for all else, symlinks included. */
  child(name: string): DirectoryHandle {
    return new DirectoryHandle(openSync(`${this.path}/${name}`, DIRECTORY | constants.O_NOFOLLOW));
  }

  /** Like child(), but makes the directory where there is none. */
  enter(name: string, mode = 0o777): DirectoryHandle {
    try {
      return this.child(name);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
      makeDirectory(`${this.path}/${name}`, mode);
      return this.child(name);
    }
  }

  /** The target of a symlink in it, or undefined for anything else. */
  linkAt(name: string): string | undefined {
    try {
      return readlinkSync(`${this.path}/${name}`);
    } catch {
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** Another container on the same volume may make the directory at the same time. */
function makeDirectory(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}
