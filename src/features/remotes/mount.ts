import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { AiDockError, messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { spaceOf } from "../../sys/disk.ts";
import { ensureDirectory } from "../../sys/fs.ts";
import { bindMount, detachMount, forbidSymlinks } from "../../sys/mount-calls.ts";
import { topMount } from "../../sys/mounts.ts";
import { isRoot } from "../../sys/users.ts";
import { enterCaches, enterRemotes, RemoteCache } from "./cache.ts";
import { type RemoteLayout, runtimeDirectory } from "./layout.ts";
import { MountPoint } from "./mount-point.ts";
import { isOpen } from "./ownership.ts";
import { setTornAside } from "./repair.ts";

const log = logger("remotes");

/**
 * The locked cache and the covered mount point of one remote, held from the boot to the end of the program, across
 * runs of rclone. Each update makes new specs of programs; all specs of one remote share this object.
 */
export class RemoteMount {
  static readonly #all = new Map<string, RemoteMount>();

  readonly layout: RemoteLayout;
  /** Size of the workspace's disk when the remote was first seen: a disk that grows is no reason to restart rclone. */
  readonly diskBytes: number;
  #cache: RemoteCache | undefined;
  #point: MountPoint | undefined;
  #checked = false;
  #checking: Promise<void> | undefined;
  #refusal: string | undefined;
  /** Number of calls of release(); a check that began before the last one has no effect. */
  #releases = 0;

  private constructor(layout: RemoteLayout) {
    this.layout = layout;
    this.diskBytes = spaceOf(layout.workspace)?.totalBytes ?? 0;
  }

  static of(layout: RemoteLayout): RemoteMount {
    const key = JSON.stringify([layout.cache, layout.remote.name]);
    const mount = RemoteMount.#all.get(key) ?? new RemoteMount(layout);
    RemoteMount.#all.set(key, mount);
    return mount;
  }

  /** Releases every remote: mounts in a shared workspace would outlive the container on its host. */
  static async releaseAll(): Promise<void> {
    for (const mount of RemoteMount.#all.values()) {
      const point = mount.#point;
      mount.release();
      await point?.settled();
    }
  }

  /** Locks the cache and covers the mount point. Throws AiDockError when either cannot be. */
  hold(): void {
    if (this.#cache?.directory.isRemoved) this.release();
    this.#cache ??= RemoteCache.open(this.layout.workspace, this.layout.folder);
    const { workspace, folder, mountPoint } = this.layout;
    this.#point ??= new MountPoint(enterRemotes(workspace).remote, folder, mountPoint);
    this.#point.cover();
  }

  /** hold(), then checks and repairs the cache; called from prepare(), which may be slow. Never throws. */
  async open(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    await this.#checking;
  }

  async #check(): Promise<void> {
    const releases = this.#releases;
    const isReleased = () => releases !== this.#releases;
    await this.#point?.settled();
    if (isReleased()) return;
    try {
      this.hold();
      await this.#cache?.check();
      await this.repair();
      this.#checked = !isReleased();
      this.#refusal = undefined;
    } catch (error) {
      // lend() throws the reason at each attempt to start.
      this.#refusal = messageOf(error);
    }
  }

  /**
   * Prepares mount point, cache and socket for a new rclone. Throws AiDockError while another container has the cache,
   * or the cache is not checked or not safe; a later attempt may succeed.
   */
  lend(): void {
    this.hold();
    if (!this.#checked) {
      void this.open();
      throw new AiDockError(this.#refusal ?? `"${this.layout.cache}" is looked through first`);
    }
    const { socket, given } = this.layout;
    const own = runtimeDirectory(this.layout);
    for (const path of [dirname(own), own]) ensureDirectory(path, 0o700);
    // The socket of a killed rclone would keep the next one from listening.
    rmSync(socket, { force: true });
    this.#point?.open();
    if (!isRoot()) return;
    this.#takeBack();
    for (const path of Object.values(given)) ensureDirectory(path, 0o700);
    if (this.#cache === undefined) return;
    bindMount(this.#cache.directory.path, given.cache);
    // Others can plant symlinks in a cache on a file system without modes.
    if (isOpen(this.#cache.directory.stat())) forbidSymlinks(given.cache);
  }

  /** Bind-mounts rclone's new mount at `remote/NAME`. Throws with an errno `code`. */
  show(): void {
    const { given } = this.layout;
    if (!isRoot()) return;
    this.#point?.show(given.mountPoint);
    try {
      // repair.ts writes as root through this mount; the far end may hold symlinks.
      forbidSymlinks(given.mountPoint);
    } catch (error) {
      log.debug(`"${given.mountPoint}" follows symlinks: ${messageOf(error)}`);
    }
  }

  /** Unmounts after the end of rclone, which cannot do so when it was killed or the mount is busy. */
  ended(): void {
    try {
      this.#takeBack();
      this.#point?.cover();
    } catch (error) {
      log.warn(`${this.layout.remote.name}: "${this.layout.mountPoint}": ${messageOf(error)}`);
    }
  }

  /** Moves files with truncated records aside; only between two runs of rclone. */
  async repair(): Promise<void> {
    await this.#point?.settled();
    await this.useCache((cache) => setTornAside(this.layout, cache));
  }

  /** Calls back with a descriptor of the cache that stays open until the promise settles, also across release(). */
  async useCache<T>(use: (cache: DirectoryHandle) => Promise<T>): Promise<T | undefined> {
    if (this.#cache === undefined) return undefined;
    using cache = this.#cache.directory.duplicate();
    return await use(cache);
  }

  /** Unmounts, and unlocks the cache. Without the lock nothing is touched: the mounts may be another container's. */
  release(): void {
    this.#releases++;
    this.#checked = false;
    if (this.#cache !== undefined) {
      this.#takeBack();
      this.#point?.release();
    }
    this.#point?.[Symbol.dispose]();
    this.#cache?.[Symbol.dispose]();
    this.#point = this.#cache = undefined;
  }

  /** Unmounts the paths that rclone was given. */
  #takeBack(): void {
    if (!isRoot()) return;
    for (const path of Object.values(this.layout.given))
      while (topMount(path) !== undefined) detachMount(path);
  }
}

/**
 * Removes mount points that a killed container has left for remotes that this one does not mount: a dead mount, a
 * cover, or an empty directory in which files would be written beneath a later mount.
 */
export async function clearLeftovers(workspace: string, inUse: RemoteLayout[]): Promise<void> {
  const used = new Set(inUse.map(({ folder }) => folder));
  using remote = enterRemotes(workspace).remote;
  using caches = enterCaches(workspace).directory;
  const known = new Set((await caches.list()).filter((entry) => entry.isDirectory()).map(({ name }) => name));
  for (const { name } of await remote.list()) {
    // Folders without a cache are users' own.
    if (used.has(name) || !known.has(name)) continue;
    try {
      using _ = RemoteCache.open(workspace, name);
      using point = new MountPoint(remote.duplicate(), name, `${workspace}remote/${name}`);
      point.release();
    } catch {
      // Another container on the same workspace has it mounted, or the cache is not safe.
    }
  }
}
