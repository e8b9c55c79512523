import { AiDockError, errnoOf } from "../../errors.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { isAppThere, openAppFolder } from "./app-folder.ts";
import { settleLink } from "./links.ts";
import type { Places } from "./places.ts";
import type { Report } from "./report.ts";
import type { Storage, StorageLook } from "./storage.ts";

/** A walk through an app holds one descriptor for each level. */
const DEEPEST = 40;

export interface LinkerOptions {
  storage: Storage;
  places: Places;
  report: Report;
}

/** Links files of the storage into the folders of apps, and takes links of ours away that lead nowhere. */
export class Linker {
  readonly #storage: Storage;
  readonly #places: Places;
  readonly #report: Report;

  constructor({ storage, places, report }: LinkerOptions) {
    this.#storage = storage;
    this.#places = places;
    this.#report = report;
  }

  /** Everything: what came and went while nobody looked. */
  linkAll(): void {
    for (const target of this.#places.targets) this.clean(target);
    for (const { path, names } of this.#storage.walk()) this.link(path, names);
  }

  /** Some files of one folder of the storage, which have come or gone. */
  link(folder: string, names: string[]): void {
    const paths = names.length === 0 ? [] : this.#places.foldersFor(folder).filter(isAppThere);
    if (paths.length === 0) return;
    using look = this.#storage.look();
    for (const path of paths)
      this.#attempt(path, () => {
        const isWanted = names.some((name) => look.has(`${folder}/${name}`));
        using directory = openAppFolder(path, isWanted, this.#storage.path);
        if (directory !== undefined && !this.#isStorage(directory))
          this.#settle(directory, path, names, look);
      });
  }

  /** Takes away links below a folder of an app whose files have gone. Enters no symlink. */
  clean(path: string): void {
    this.#attempt(path, () => {
      using directory = openAppFolder(path, false, this.#storage.path);
      if (directory !== undefined && !this.#isStorage(directory)) this.#cleanFolder(directory, path, 0);
    });
  }

  #cleanFolder(directory: DirectoryHandle, path: string, depth: number): void {
    if (depth > DEEPEST) return;
    const links: string[] = [];
    for (const entry of directory.listNow()) {
      if (entry.isSymbolicLink()) links.push(entry.name);
      if (!entry.isDirectory()) continue;
      using child = directory.child(entry.name);
      this.#cleanFolder(child, `${path}/${entry.name}`, depth + 1);
    }
    using look = this.#storage.look();
    const isDangling = (name: string) => {
      const target = directory.linkAt(name) ?? "";
      const file = target.startsWith(`${this.#storage.path}/`)
        ? target.slice(this.#storage.path.length + 1)
        : undefined;
      return file !== undefined && !look.holds(file);
    };
    this.#settle(directory, path, links.filter(isDangling), look);
  }

  #settle(directory: DirectoryHandle, path: string, names: string[], look: StorageLook): void {
    const [places, storage] = [this.#places, this.#storage];
    for (const name of names) {
      const what = settleLink(directory, { path, name, places, storage, look });
      this.#report.change(what, `${path}/${name}`, what === "made" ? directory.linkAt(name) : undefined);
    }
  }

  /** An app whose folder is a link into the storage has the files already. */
  #isStorage(directory: DirectoryHandle): boolean {
    return `${directory.location}/`.startsWith(`${this.#storage.location}/`);
  }

  #attempt(path: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      const code = errnoOf(error);
      // The app goes away at this moment.
      if (code === "ENOENT") return;
      if (code === undefined && !(error instanceof AiDockError)) throw error;
      const text = error instanceof AiDockError ? error.message : `"${path}": ${code}`;
      this.#report.problem(`${text}; no links there`);
    }
  }
}
