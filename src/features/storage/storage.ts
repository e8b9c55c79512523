import { type Dirent, lstatSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import { DirectoryHandle } from "../../sys/directory-handle.ts";

/** A walk holds one descriptor for each level. */
const DEEPEST = 40;

/** Files of programs for themselves: caches, repositories, downloads that are not complete. */
export const isHidden = (name: string) => name.startsWith(".");

/** The storage of a workspace, reached by a descriptor: its owner may put symlinks anywhere. */
export class Storage implements Disposable {
  /** As links name it. */
  readonly path: string;
  readonly #bundled: string;
  readonly #root: DirectoryHandle;

  constructor(root: DirectoryHandle, path: string, bundled: string) {
    this.#root = root;
    this.path = path;
    this.#bundled = bundled;
  }

  /** Where it is at the moment. */
  get location(): string {
    return this.#root.location;
  }

  pathOf(file: string): string {
    return `${this.path}/${file}`;
  }

  /** Looks at many files, one folder after the other. */
  look(): StorageLook {
    return new StorageLook(this, this.#bundled);
  }

  /** A folder of it by its path; undefined where it is not there, or where a symlink is on the way. Throws with an errno `code`. */
  folder(path: string): DirectoryHandle | undefined {
    let directory = this.#root.duplicate();
    for (const part of path.split("/").filter((one) => one !== "")) {
      const parent = directory;
      try {
        directory = parent.child(part);
      } catch (error) {
        // Of a network file system that does not answer at the moment, nothing is known: no link goes for that.
        if (!["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) throw error;
        return undefined;
      } finally {
        parent[Symbol.dispose]();
      }
    }
    return directory;
  }

  /** Folders at `from` and below, the upper ones first, with the names of their files. A folder that goes meanwhile is left out. */
  *walk(from = ""): Generator<{ path: string; names: string[]; folder: DirectoryHandle }> {
    using folder = this.#folderIfReadable(from);
    if (folder === undefined || from.split("/").length > DEEPEST) return;
    const entries = listIfThere(folder).filter(({ name }) => !isHidden(name));
    const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
    yield { path: from, names, folder };
    const below = from === "" ? "" : `${from}/`;
    for (const entry of entries) if (entry.isDirectory()) yield* this.walk(`${below}${entry.name}`);
  }

  #folderIfReadable(path: string): DirectoryHandle | undefined {
    try {
      return this.folder(path);
    } catch {
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    this.#root[Symbol.dispose]();
  }
}

/** What is in a storage at the moment. The folder of the last file stays open: the next file is mostly beside that one. */
export class StorageLook implements Disposable {
  readonly #storage: Storage;
  readonly #bundled: string;
  #path: string | undefined;
  #folder: DirectoryHandle | undefined;

  constructor(storage: Storage, bundled: string) {
    this.#storage = storage;
    this.#bundled = bundled;
  }

  /** True for a file, or a link of its owner's to anything, but a link to a file that this image does not bring. */
  has(file: string): boolean {
    return this.#kindOf(file) === "file";
  }

  /** has(), for folders, too. */
  holds(file: string): boolean {
    return this.#kindOf(file) !== undefined;
  }

  [Symbol.dispose](): void {
    this.#folder?.[Symbol.dispose]();
    this.#folder = undefined;
  }

  #kindOf(file: string): "file" | "folder" | undefined {
    const slash = file.lastIndexOf("/");
    const [path, name] = [file.slice(0, Math.max(0, slash)), file.slice(slash + 1)];
    if (path !== this.#path) {
      this.#folder?.[Symbol.dispose]();
      this.#folder = this.#storage.folder(path);
      this.#path = path;
    }
    const entry = this.#folder?.entry(name);
    if (entry === undefined) return undefined;
    if (entry.isDirectory()) return "folder";
    if (entry.isFile()) return "file";
    return entry.isSymbolicLink() && this.#isBacked(this.#folder?.linkAt(name)) ? "file" : undefined;
  }

  #isBacked(target: string | undefined): boolean {
    if (target === undefined || !target.startsWith(`${this.#bundled}/`)) return target !== undefined;
    return lstatSync(target, { throwIfNoEntry: false }) !== undefined;
  }
}

/** Opens the storage of a workspace; undefined where there is none. As root, not through a symlink. */
export function openStorage(path: string, bundled: string, follow: boolean): Storage | undefined {
  try {
    if (follow) return new Storage(DirectoryHandle.open(path), path, bundled);
    using workspace = DirectoryHandle.open(path.slice(0, path.lastIndexOf("/")) || "/");
    return new Storage(workspace.child(path.slice(path.lastIndexOf("/") + 1)), path, bundled);
  } catch {
    return undefined;
  }
}

function listIfThere(folder: DirectoryHandle): Dirent[] {
  try {
    return folder.listNow();
  } catch {
    return [];
  }
}
