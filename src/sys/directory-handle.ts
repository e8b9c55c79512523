import { closeSync, constants, fstatSync, mkdirSync, openSync, readlinkSync, type Stats } from "node:fs";
import { errnoOf } from "../errors.ts";

/** Opens the place alone, whatever the rights on it; not among node's constants. */
const O_PATH = 0o10_000_000;

/**
 * A directory that is held open, so that what is done below `path` happens in this very directory, wherever its
 * name leads to meanwhile: between a look and a deed, others may put a link in its place.
 */
export class HeldDirectory implements Disposable {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Opens a directory by its path, through links. Throws with an errno `code`. */
  static open(path: string): HeldDirectory {
    return new HeldDirectory(openSync(path, O_PATH | constants.O_DIRECTORY));
  }

  /** The kernel's own way to it; it ends with this object. */
  get path(): string {
    return `/proc/self/fd/${this.#fd}`;
  }

  stat(): Stats {
    return fstatSync(this.#fd);
  }

  /** Opens a directory in it, which is made where there is none. Throws ENOTDIR for all else, links included. */
  enter(name: string): HeldDirectory {
    const path = `${this.path}/${name}`;
    const flags = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    try {
      return new HeldDirectory(openSync(path, flags));
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
      makeDirectory(path);
      return new HeldDirectory(openSync(path, flags));
    }
  }

  /** What a link in it says, or undefined for anything else. */
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

/** Another container on the same volume may make it at the same time. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}
