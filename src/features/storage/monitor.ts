import { errnoOf } from "../../errors.ts";
import { type DirectoryEvent, Inotify } from "../../sys/inotify.ts";
import { hasNetworkMountBelow, isNetworkMount } from "../../sys/mounts.ts";
import { isAppThere } from "./app-folder.ts";
import { Linker } from "./linker.ts";
import type { Places } from "./places.ts";
import { Report } from "./report.ts";
import { isHidden, type Storage } from "./storage.ts";

/** How often an app is looked for that is not there yet, as one that provisioning clones. */
const APP_MILLISECONDS = 30_000;
/** How often everything is looked at where the kernel tells nothing: changes by other machines, too many folders. */
const BLIND_MILLISECONDS = 60_000;

export interface MonitorOptions {
  storage: Storage;
  places: Places;
  say: (line: string) => void;
}

/** Follows one storage by inotify(7), and links its files as they come and go. */
export class Monitor implements Disposable {
  readonly #storage: Storage;
  readonly #places: Places;
  readonly #say: (line: string) => void;
  readonly #inotify: Inotify | undefined;
  /** Folders of the storage by the number of their watch: one that is mounted at several places has one number. */
  readonly #folders = new Map<number, Set<string>>();
  readonly #told = new Set<string>();
  #parent = -1;
  #isBlind: boolean;

  constructor({ storage, places, say }: MonitorOptions) {
    this.#storage = storage;
    this.#places = places;
    this.#say = say;
    this.#isBlind = isNetworkMount(storage.path) || hasNetworkMountBelow(storage.location);
    this.#inotify = this.#open();
  }

  /** Links everything, then what changes, until somebody puts another folder in the place of the storage. */
  run(): void {
    this.#watchParent();
    this.#round((linker) => this.#linkAll(linker));
    while (this.#step());
  }

  [Symbol.dispose](): void {
    this.#inotify?.[Symbol.dispose]();
  }

  #open(): Inotify | undefined {
    try {
      return new Inotify();
    } catch (error) {
      if (errnoOf(error) !== "EMFILE") throw error;
      // All containers of a host that run as the same user share them.
      this.#goBlind("gives no inotify (fs.inotify.max_user_instances)");
      return undefined;
    }
  }

  #goBlind(why: string): void {
    if (this.#isBlind) return;
    this.#isBlind = true;
    this.#say(`The kernel ${why}; looking every ${BLIND_MILLISECONDS / 1000} s`);
  }

  /** False when the storage has been replaced. */
  #step(): boolean {
    const missing = this.#places.targets.filter((target) => !isAppThere(target));
    const patience = missing.length > 0 ? APP_MILLISECONDS : this.#isBlind ? BLIND_MILLISECONDS : -1;
    const events = this.#wait(patience);
    if (events === undefined) {
      this.#round((linker) => this.#linkAll(linker));
      return true;
    }
    const name = this.#storage.path.slice(this.#storage.path.lastIndexOf("/") + 1);
    if (events.some((event) => event.watch === this.#parent && event.name === name)) return false;
    if (events.length > 0) this.#round((linker) => this.#follow(linker, events));
    else if (this.#isBlind || missing.some(isAppThere)) this.#round((linker) => this.#linkAll(linker));
    return true;
  }

  #wait(patience: number): DirectoryEvent[] | undefined {
    if (this.#inotify !== undefined) return this.#inotify.wait(patience);
    Bun.sleepSync(patience);
    return [];
  }

  #round(act: (linker: Linker) => void): void {
    const report = new Report();
    act(new Linker({ storage: this.#storage, places: this.#places, report }));
    if (!report.isEmpty) for (const line of report.lines(this.#told)) this.#say(line);
  }

  #linkAll(linker: Linker): void {
    for (const target of this.#places.targets) linker.clean(target);
    this.#adopt(linker, "");
  }

  /** Watches a folder and all below, then links: again as long as there are new folders, so that nothing slips through between. */
  #adopt(linker: Linker, from: string): void {
    for (let isNew = true; isNew;) {
      isNew = false;
      for (const { path, names, folder } of this.#storage.walk(from)) {
        isNew = this.#watch(`${folder.path}/.`, path) || isNew;
        linker.link(path, names);
      }
    }
  }

  /** True for a folder that was not watched before. */
  #watch(place: string, path: string): boolean {
    if (this.#inotify === undefined) return false;
    try {
      const watch = this.#inotify.add(place);
      const paths = this.#folders.get(watch) ?? new Set();
      const isNew = !paths.has(path);
      this.#folders.set(watch, paths.add(path));
      return isNew;
    } catch (error) {
      if (errnoOf(error) === "ENOSPC") this.#goBlind("watches no more folders (fs.inotify.max_user_watches)");
      return false;
    }
  }

  #watchParent(): void {
    try {
      this.#parent = this.#inotify?.add(`${this.#storage.location}/../.`) ?? -1;
    } catch {
      // Not for us to read: a storage that is replaced is found at the next start.
    }
  }

  #follow(linker: Linker, events: DirectoryEvent[]): void {
    const files = new Map<string, Set<string>>();
    for (const { watch, name, isDirectory } of events) {
      if (isHidden(name)) continue;
      for (const folder of this.#folders.get(watch) ?? [])
        if (isDirectory) this.#replace(linker, folder === "" ? name : `${folder}/${name}`);
        else files.set(folder, (files.get(folder) ?? new Set()).add(name));
    }
    for (const [folder, names] of files) linker.link(folder, [...names]);
  }

  /** A folder has come, or gone, or become another one. */
  #replace(linker: Linker, path: string): void {
    for (const [watch, folders] of this.#folders) {
      for (const folder of folders) if (`${folder}/`.startsWith(`${path}/`)) folders.delete(folder);
      if (folders.size > 0) continue;
      this.#folders.delete(watch);
      this.#inotify?.remove(watch);
    }
    for (const target of this.#places.foldersAround(path)) linker.clean(target);
    this.#adopt(linker, path);
  }
}
