import type { Mapping } from "./mappings.ts";

/** Where files of a storage belong, and what belongs to a place in an app. */
export class Places {
  readonly #mappings: Mapping[];

  constructor(mappings: Mapping[]) {
    this.#mappings = mappings;
  }

  /** The folders of apps. */
  get targets(): string[] {
    return [...new Set(this.#mappings.map(({ target }) => target))];
  }

  /** The folders of apps that get the files of a folder of the storage, which is given by its path from there. */
  foldersFor(folder: string): string[] {
    return [
      ...new Set(
        this.#mappings.flatMap(({ key, target }) => {
          const below = pathBelow(folder, key);
          return below === undefined ? [] : [`${target}${below}`];
        }),
      ),
    ];
  }

  /** Like foldersFor(), and folders whose own folder of the storage is below that one. */
  foldersAround(folder: string): string[] {
    const below = this.#mappings
      .filter(({ key }) => key.startsWith(`${folder}/`))
      .map(({ target }) => target);
    return [...new Set([...this.foldersFor(folder), ...below])];
  }

  /** The files of the storage, by their paths from there, that a link at this path may lead to; the first one that exists counts. */
  filesFor(path: string): string[] {
    return this.#mappings.flatMap(({ key, target }) => {
      const below = pathBelow(path, target);
      return below === undefined || below === "" ? [] : [`${key}${below}`];
    });
  }
}

/** "" for the folder itself, "/a/b" below it, undefined elsewhere. */
function pathBelow(path: string, folder: string): string | undefined {
  if (path === folder) return "";
  return path.startsWith(`${folder}/`) ? path.slice(folder.length) : undefined;
}
