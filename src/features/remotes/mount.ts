import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { AiDockError, messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { spaceOf } from "../../sys/disk.ts";
import { ensureDirectory } from "../../sys/fs.ts";
import { bindMount, detachMount, forbidSymlinks } from "../../sys/libc.ts";
import { topMount } from "../../sys/mounts.ts";
import { isRoot } from "../../sys/users.ts";
import { enterCaches, enterRemotes, RemoteCache } from "./cache.ts";
import { type RemoteLayout, runtimeDirectory } from "./layout.ts";
import { MountPoint } from "./mount-point.ts";
import { setTornAside } from "./repair.ts";

const log = logger("remotes");

/**
 * What this container holds of one remote between two runs of rclone, and during them: the locked cache and the
 * covered mount point. Specs of programs come and go with each update; the object stays.
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
  /** How often this place was released; a check that began before does not count. */
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

  /** So that nothing stays on the host, where the workspace is shared with it, however the boot has ended. */
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

  /** Holds the place and looks the cache through; for prepare(), which may take long. Never throws. */
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
      // A start says so, again and again until there is no obstacle.
      this.#refusal = messageOf(error);
    }
  }

  /**
   * Makes mount point, cache and socket ready for a new rclone. Throws AiDockError while the cache is another
   * container's, not safe, or not looked through; the next attempt may find it otherwise.
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
    // A killed rclone has left its socket, and the next could not listen.
    rmSync(socket, { force: true });
    this.#point?.open();
    if (!isRoot()) return;
    this.#takeBack();
    for (const path of Object.values(given)) ensureDirectory(path, 0o700);
    if (this.#cache !== undefined) bindMount(this.#cache.directory.path, given.cache);
  }

  /** Shows what rclone has mounted to everyone. Throws with an errno `code`. */
  show(): void {
    const { given } = this.layout;
    if (!isRoot()) return;
    this.#point?.show(given.mountPoint);
    try {
      // Root writes files again through this mount (see repair.ts), whose symlinks are the far end's.
      forbidSymlinks(given.mountPoint);
    } catch (error) {
      log.debug(`"${given.mountPoint}" follows symlinks: ${messageOf(error)}`);
    }
  }

  /** Takes away a mount that rclone could not, because it was killed or a process is still in it. */
  ended(): void {
    try {
      this.#takeBack();
      this.#point?.cover();
    } catch (error) {
      log.warn(`${this.layout.remote.name}: "${this.layout.mountPoint}": ${messageOf(error)}`);
    }
  }

  /** Between an end of rclone and its next start. */
  async repair(): Promise<void> {
    await this.#point?.settled();
    await this.useCache((cache) => setTornAside(this.layout, cache));
  }

  /** Calls back with the cache, which stays open until the promise is settled, whatever is released meanwhile. */
  async useCache<T>(use: (cache: DirectoryHandle) => Promise<T>): Promise<T | undefined> {
    if (this.#cache === undefined) return undefined;
    using cache = this.#cache.directory.duplicate();
    return await use(cache);
  }

  /** Takes away what was mounted there and leaves the cache to others. Touches nothing that is not ours. */
  release(): void {
    this.#releases++;
    this.#checked = false;
    // Without the lock the mounts there may be another container's.
    if (this.#cache !== undefined) {
      this.#takeBack();
      this.#point?.release();
    }
    this.#point?.[Symbol.dispose]();
    this.#cache?.[Symbol.dispose]();
    this.#point = this.#cache = undefined;
  }

  /** Empties the places below /run. */
  #takeBack(): void {
    if (!isRoot()) return;
    for (const path of Object.values(this.layout.given))
      while (topMount(path) !== undefined) detachMount(path);
  }
}

/**
 * Takes away the mount points of remotes that are not mounted here any more, as a killed container leaves them: a
 * dead mount, a cover, or an empty directory that invites someone to write to it.
 */
export async function clearLeftovers(workspace: string, inUse: RemoteLayout[]): Promise<void> {
  const used = new Set(inUse.map(({ folder }) => folder));
  using remote = enterRemotes(workspace).remote;
  using caches = enterCaches(workspace).directory;
  const known = new Set((await caches.list()).filter((entry) => entry.isDirectory()).map(({ name }) => name));
  for (const { name } of await remote.list()) {
    // A folder without a cache is none of ours.
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
