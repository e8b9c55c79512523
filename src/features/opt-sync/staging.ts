import { chmodSync, renameSync, rmdirSync } from "node:fs";
import { AiDockError, errnoOf, messageOf } from "../../errors.ts";
import { removeAcls } from "../../sys/acl.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { isLockThere, LOCK, type LockOptions, StagingLock } from "./staging-lock.ts";

/** In the workspace; root's own, so that nobody can change a copy before it is complete. */
export const STAGING = ".ai-dock-sync";

const PRIVATE = 0o700;
const PERMISSIONS_OF_OTHERS = 0o077;
const TRIES = 50;

export interface StagingOptions extends LockOptions {
  workspace: DirectoryHandle;
  /** The path of the workspace, with a slash at its end. */
  shown: string;
}

/** Where copies are made: a directory in the workspace that one container at a time has. */
export class Staging implements Disposable {
  readonly directory: DirectoryHandle;
  readonly #workspace: DirectoryHandle;
  readonly #lock: StagingLock;

  private constructor(workspace: DirectoryHandle, directory: DirectoryHandle, lock: StagingLock) {
    this.#workspace = workspace;
    this.directory = directory;
    this.#lock = lock;
  }

  /** Waits until no other container has it. Throws AiDockError where there can be none. */
  static open(options: StagingOptions): Staging {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const directory = claim(options);
      if (directory === undefined) continue;
      try {
        const lock = StagingLock.take(directory, options);
        if (lock !== undefined) return new Staging(options.workspace, directory, lock);
      } catch (error) {
        directory[Symbol.dispose]();
        throw error;
      }
      directory[Symbol.dispose]();
    }
    throw new AiDockError(`"${options.shown}${STAGING}" is replaced by somebody all the time`);
  }

  /** Shows containers that wait for the lock that this one is at work. Throws AiDockError once another one has the lock. */
  sign(): void {
    this.#lock.sign();
  }

  /** Removes the directory when no copy is in it, and gives the lock back. */
  [Symbol.dispose](): void {
    try {
      const isLast = this.directory.listNow().every(({ name }) => name === LOCK);
      this.#lock.release(isLast);
      if (isLast) rmdirSync(this.#workspace.at(STAGING));
    } catch {
      // Another container is already there, or the disk is full or read-only: the directory does no harm.
    }
    this.directory[Symbol.dispose]();
  }
}

/** The directory, made where there is none; undefined when somebody has just taken it away, or it was not ours. */
function claim(options: StagingOptions): DirectoryHandle | undefined {
  const { workspace } = options;
  const isNew = workspace.entry(STAGING) === undefined;
  const directory = enter(options);
  if (directory === undefined) return undefined;
  // Another container may have made it in between; where root is squashed, nothing in it is ours.
  if (!isOurs(directory) && !(isNew && isEmpty(directory))) {
    directory[Symbol.dispose]();
    moveAside(options);
    return undefined;
  }
  try {
    // What the workspace gives to files in it comes with the last touch, not before the files are whole.
    removeAcls(directory.path);
    chmodSync(directory.path, PRIVATE);
    if (isPrivate(directory)) return directory;
  } catch (error) {
    directory[Symbol.dispose]();
    if (errnoOf(error) === "EROFS") throw error;
    throw new AiDockError(`its file system keeps no owners and modes (${errnoOf(error)})`, { cause: error });
  }
  directory[Symbol.dispose]();
  rmdirSync(workspace.at(STAGING));
  throw new AiDockError("its file system keeps no owners and modes");
}

/** Undefined for what is no directory, which is moved aside, or has just gone. */
function enter(options: StagingOptions): DirectoryHandle | undefined {
  const { workspace, shown } = options;
  try {
    return workspace.enter(STAGING, PRIVATE);
  } catch (error) {
    if (errnoOf(error) === "ENOTDIR") moveAside(options);
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) return undefined;
    throw new AiDockError(
      `"${shown}${STAGING}" cannot be made: ${messageOf(error).replaceAll(workspace.path, shown)}`,
      { cause: error },
    );
  }
}

function moveAside({ workspace, shown, say }: StagingOptions): void {
  const aside = `${STAGING}.refused-${Date.now()}`;
  try {
    renameSync(workspace.at(STAGING), workspace.at(aside));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return;
    throw error;
  }
  say(`"${shown}${STAGING}": expected a directory of ours, got something else; moved to "${shown}${aside}"`);
}

const isEmpty = (directory: DirectoryHandle) => directory.listNow().length === 0;

function isPrivate(directory: DirectoryHandle): boolean {
  const { uid, mode } = directory.stat();
  return uid === process.geteuid?.() && (mode & PERMISSIONS_OF_OTHERS) === 0;
}

/** True for a private directory of this user that is empty or holds our lock. */
function isOurs(directory: DirectoryHandle): boolean {
  try {
    if (!isPrivate(directory)) return false;
    const names = directory.listNow().map(({ name }) => name);
    if (names.length === 0) return true;
    const lock = names.includes(LOCK) ? isLockThere(directory) : undefined;
    return lock?.isWhole === true || (lock?.isOurs === true && names.length === 1);
  } catch (error) {
    // Its last owner removes it at this moment.
    return errnoOf(error) === "ENOENT";
  }
}
