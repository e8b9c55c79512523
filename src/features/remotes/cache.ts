import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { lstat } from "node:fs/promises";
import { AiDockError, errnoOf } from "../../errors.ts";
import { DirectoryHandle } from "../../sys/directory-handle.ts";
import { formatFiles } from "../../sys/disk.ts";
import { lockFile } from "../../sys/lock.ts";
import { enterFolder } from "../workspace/folder.ts";
import { CACHES, type RemoteLayout } from "./layout.ts";
import { checkTree, type Claim, claimDirectory, markChecked } from "./ownership.ts";
import { recordsBelow } from "./record.ts";
import { walkTree } from "./tree.ts";

/** The folder of a cache for files whose record was cut off (see repair.ts). */
export const ASIDE = "aside";

/** Writes to a remote that are not uploaded yet. */
export interface Pending {
  files: number;
  bytes: number;
}

/** Opens the folder `remote` of a workspace; also gives the uid that owns the workspace. Throws AiDockError in one line. */
export function enterRemotes(workspace: string): { remote: DirectoryHandle; workspaceUid: number } {
  using parent = DirectoryHandle.open(workspace);
  return { remote: enterFolder(parent, "remote", `${workspace}remote`), workspaceUid: parent.stat().uid };
}

/** Opens the folder of all caches and claims it for this user. Throws AiDockError in one line. */
export function enterCaches(workspace: string): Omit<Claim, "shown"> {
  const { remote, workspaceUid } = enterRemotes(workspace);
  using _ = remote;
  const shown = workspace + CACHES;
  const directory = enterFolder(remote, ".cache", shown, PRIVATE);
  try {
    // Each cache in it is claimed, and checked, by itself.
    if (claimDirectory({ directory, shown, workspaceUid })) markChecked(directory);
  } catch (error) {
    directory[Symbol.dispose]();
    throw error;
  }
  return { directory, workspaceUid };
}

const PRIVATE = 0o700;
const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;

/** The cache of one remote, locked for this container. */
export class RemoteCache implements Disposable {
  readonly #claim: Claim;
  readonly #lock: number;

  private constructor(claim: Claim, file: number) {
    this.#claim = claim;
    this.#lock = file;
  }

  /**
   * Enters the cache and locks it: a second container on the same workspace would take files away from under this
   * one's rclone. Throws AiDockError while another container has it, and where it cannot be made this user's own.
   */
  static open(workspace: string, name: string): RemoteCache {
    const caches = enterCaches(workspace);
    using parent = caches.directory;
    const shown = `${workspace}${CACHES}/${name}`;
    const directory = enterFolder(parent, name, shown, PRIVATE);
    const claim = { ...caches, directory, shown };
    try {
      claimDirectory(claim);
      return new RemoteCache(claim, lock(directory, shown));
    } catch (error) {
      directory[Symbol.dispose]();
      throw error;
    }
  }

  get directory(): DirectoryHandle {
    return this.#claim.directory;
  }

  /** Checks every entry (checkTree). Throws AiDockError for an entry that must not be uploaded or followed. */
  async check(): Promise<void> {
    using directory = this.directory.duplicate();
    await checkTree({ ...this.#claim, directory });
  }

  [Symbol.dispose](): void {
    closeSync(this.#lock);
    this.directory[Symbol.dispose]();
  }
}

function lock(directory: DirectoryHandle, shown: string): number {
  const file = openSync(`${directory.path}/lock`, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  if (fstatSync(file).isFile() && lockFile(file)) return file;
  closeSync(file);
  throw new AiDockError(`"${shown}" is in use by another container; it is mounted when that one has ended`);
}

/** Counts the pending uploads of a cache. Throws with an errno `code` when the cache cannot be read. */
export async function pendingIn(cache: DirectoryHandle): Promise<Pending> {
  const pending = { files: 0, bytes: 0 };
  using aside = childOf(cache, ASIDE);
  if (aside !== null)
    for await (const { directory, files } of walkTree(aside)) {
      pending.files += files.length;
      for (const name of files) pending.bytes += (await lstat(`${directory.path}/${name}`)).size;
    }
  using records = childOf(cache, "vfsMeta");
  if (records !== null)
    for await (const { record } of recordsBelow(records)) {
      if (record?.dirty !== true) continue;
      pending.files++;
      pending.bytes += record.size;
    }
  return pending;
}

/** A directory in a cache; null where there is none. */
export function childOf(cache: DirectoryHandle, name: string): DirectoryHandle | null {
  try {
    return cache.child(name);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** Counts the pending uploads of a cache by name; for commands, which change nothing. Throws like pendingIn(). */
export async function pendingOf(workspace: string, folder: string): Promise<Pending> {
  using caches = openCaches(workspace);
  using cache = caches && childOf(caches, folder);
  return cache === null ? { files: 0, bytes: 0 } : await pendingIn(cache);
}

function openCaches(workspace: string): DirectoryHandle | null {
  using parent = DirectoryHandle.open(workspace);
  using remote = childOf(parent, "remote");
  return remote && childOf(remote, ".cache");
}

export interface Orphan extends Pending {
  cache: string;
}

/** Caches with pending uploads whose remote is no longer configured. */
export async function orphanedUploads(layouts: RemoteLayout[], workspace: string): Promise<Orphan[]> {
  const used = new Set(layouts.map(({ folder }) => folder));
  const nothing = { files: 0, bytes: 0 };
  const found = await Promise.all(
    (await cacheNames(workspace))
      .filter((folder) => !used.has(folder))
      .map(async (folder) => ({
        cache: `${workspace}${CACHES}/${folder}`,
        ...(await pendingOf(workspace, folder).catch(() => nothing)),
      })),
  );
  return found.filter(({ files }) => files > 0);
}

async function cacheNames(workspace: string): Promise<string[]> {
  try {
    using caches = openCaches(workspace);
    return caches === null ? [] : (await caches.list()).map(({ name }) => name);
  } catch {
    return [];
  }
}

/** In one line. */
export function describeOrphan({ cache, files }: Orphan): string {
  return `"${cache}" holds ${formatFiles(files)} for a remote that is not configured any more`;
}
