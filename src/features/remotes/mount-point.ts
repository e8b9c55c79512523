import { chmodSync, lstatSync, readdirSync, rmdirSync } from "node:fs";
import { AiDockError, errnoOf, messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { bindMount, detachMount, mountEmpty } from "../../sys/mount-calls.ts";
import { isRcloneMount, topMount } from "../../sys/mounts.ts";
import { run } from "../../sys/run.ts";
import { isRoot } from "../../sys/users.ts";

/** Source of the cover in mountinfo. */
const COVER = "remote-not-mounted";

/** Modes that keep a user without root out of their own mount point, and let them in. */
const CLOSED = 0o555;
const OPEN = 0o755;

/** fusermount3 may hang with the mount that it is to take away. */
const DETACH_MILLISECONDS = 5000;

const log = logger("remotes");

/**
 * The directory `remote/NAME`, reached through a descriptor of `remote`: its owner may rename that folder, or put
 * symlinks in its place, at any moment. While no remote is mounted, an empty read-only file system covers the
 * directory: files written beneath a mount would neither be uploaded nor be seen again.
 */
export class MountPoint implements Disposable {
  readonly #remote: DirectoryHandle;
  readonly #name: string;
  readonly #shown: string;
  #detaching: Promise<void> | undefined;

  constructor(remote: DirectoryHandle, name: string, shown: string) {
    this.#remote = remote;
    this.#name = name;
    this.#shown = shown;
  }

  get #path(): string {
    return `${this.#remote.path}/${this.#name}`;
  }

  get #top() {
    return topMount(`${this.#remote.location}/${this.#name}`);
  }

  /**
   * Takes away mounts of an earlier rclone, those included that answer no more ("Transport endpoint is not
   * connected"), and covers the directory. Throws AiDockError where there can be none, or where it is busy.
   */
  cover(): void {
    this.#clear();
    if (this.#top?.source === COVER) return;
    this.#make();
    using directory = this.#remote.child(this.#name);
    const hidden = readdirSync(directory.path).length;
    if (hidden > 0)
      log.warn(
        `"${this.#shown}": expected an empty directory, got ${hidden} entries; a mounted remote hides them`,
      );
    if (!isRoot()) {
      chmodSync(directory.path, CLOSED);
      return;
    }
    try {
      mountEmpty(directory.path, COVER);
    } catch (error) {
      log.warn(`"${this.#shown}" can be written while nothing is mounted there: ${messageOf(error)}`);
    }
  }

  /** Lets rclone mount there: fusermount3, which mounts for a user without root, wants the directory writable. */
  open(): void {
    if (!isRoot()) chmodSync(this.#path, OPEN);
  }

  /** Shows the mount at `source` here. Throws with an errno `code`. */
  show(source: string): void {
    using directory = this.#remote.child(this.#name);
    bindMount(source, directory.path);
  }

  /** Resolves when nothing is being unmounted. */
  async settled(): Promise<void> {
    await this.#detaching;
  }

  /** Takes all mounts of ours away, since a shared workspace would keep them on its host, and then the empty directory. */
  release(): void {
    try {
      this.#clear();
      if (this.#top?.source === COVER) detachMount(this.#path);
    } catch (error) {
      log.warn(`"${this.#shown}" stays mounted: ${messageOf(error)}`);
    }
    try {
      rmdirSync(this.#path);
    } catch {
      // Not there, or not empty.
    }
  }

  [Symbol.dispose](): void {
    this.#remote[Symbol.dispose]();
  }

  #clear(): void {
    while (isRcloneMount(this.#top)) {
      if (isRoot()) detachMount(this.#path);
      else {
        this.#detaching ??= detachAsUser(`${this.#remote.location}/${this.#name}`).finally(() => {
          this.#detaching = undefined;
        });
        throw new AiDockError(`"${this.#shown}": the mount of an earlier rclone is taken away first`);
      }
    }
  }

  #make(): void {
    try {
      this.#remote.enter(this.#name)[Symbol.dispose]();
    } catch (error) {
      if (errnoOf(error) !== "ENOTDIR") throw error;
      const kind = lstatSync(this.#path).isSymbolicLink() ? "link" : "file";
      throw new AiDockError(
        `"${this.#shown}": expected a directory to mount at, got a ${kind}; move it away`,
        { cause: error },
      );
    }
  }
}

/** Unmounts lazily for a user without root, which only the setuid program fusermount3 may do. */
async function detachAsUser(path: string): Promise<void> {
  const command = ["fusermount3", "-uz", "--", path];
  const { code, stderr } = await run(command, { signal: AbortSignal.timeout(DETACH_MILLISECONDS) });
  if (code !== 0) log.warn(`"${path}" stays mounted: ${stderr.trim() || `fusermount3 ended with ${code}`}`);
}

/** True while a remote is mounted there; asks the kernel alone, as rclone may hang. */
export function isMounted(path: string): boolean {
  return isRcloneMount(topMount(path));
}
