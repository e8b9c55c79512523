import { chmodSync, closeSync, constants, fstatSync, futimesSync, openSync, readSync } from "node:fs";
import { renameSync, rmdirSync, unlinkSync, writeSync } from "node:fs";
import { AiDockError, errnoOf, messageOf } from "../../errors.ts";
import { removeAcls } from "../../sys/acl.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { lockFile } from "../../sys/lock.ts";

/** In the workspace; root's own, so that nobody can change a copy before it is complete. */
export const STAGING = ".ai-dock-sync";

const LOCK = "lock";
/** A directory of ours says so: the owner of the workspace may rename any other private directory of root's to this name. */
const SIGNATURE = "Copies of /opt that ai-dock is making (OPT_SYNC)\n";
const PRIVATE = 0o700;
const PERMISSIONS_OF_OTHERS = 0o077;
const TRIES = 5;
const LOOK_MILLISECONDS = 500;

export interface StagingOptions {
  workspace: DirectoryHandle;
  /** The path of the workspace, with a slash at its end. */
  shown: string;
  say: (line: string) => void;
  /** How long a container that has the lock may give no sign of life. */
  patienceSeconds: number;
}

/** Where copies are made: a directory in the workspace that one container at a time has. */
export class Staging implements Disposable {
  readonly directory: DirectoryHandle;
  readonly #workspace: DirectoryHandle;
  readonly #lock: number;

  private constructor(workspace: DirectoryHandle, directory: DirectoryHandle, lock: number) {
    this.#workspace = workspace;
    this.directory = directory;
    this.#lock = lock;
  }

  /** Waits until no other container has it. Throws AiDockError where there can be none. */
  static open(options: StagingOptions): Staging {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const directory = claim(options);
      const lock = directory === undefined ? undefined : takeLock(directory, options);
      if (directory !== undefined && lock !== undefined)
        return new Staging(options.workspace, directory, lock);
      directory?.[Symbol.dispose]();
    }
    throw new AiDockError(`"${options.shown}${STAGING}" is replaced by somebody all the time`);
  }

  /** Shows containers that wait for the lock that this one is at work. */
  sign(): void {
    const now = new Date();
    futimesSync(this.#lock, now, now);
  }

  /** Removes the directory when no copy is in it, and gives the lock back. */
  [Symbol.dispose](): void {
    try {
      if (this.directory.listNow().every(({ name }) => name === LOCK)) {
        unlinkSync(this.directory.at(LOCK));
        rmdirSync(this.#workspace.at(STAGING));
      }
    } catch {
      // Another container is already there, or the disk is full or read-only: the directory does no harm.
    }
    closeSync(this.#lock);
    this.directory[Symbol.dispose]();
  }
}

/** The directory, made where there is none; undefined when another container has just taken it away. */
function claim({ workspace, shown, say }: StagingOptions): DirectoryHandle | undefined {
  const path = `${shown}${STAGING}`;
  const found = workspace.entry(STAGING);
  if (found !== undefined && !isOurs(workspace)) {
    const aside = `${STAGING}.refused-${Date.now()}`;
    renameSync(workspace.at(STAGING), workspace.at(aside));
    say(`"${path}": expected a directory of ours, got something else; moved to "${shown}${aside}"`);
  }
  let directory: DirectoryHandle;
  try {
    directory = workspace.enter(STAGING, PRIVATE);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) return undefined;
    throw new AiDockError(`"${path}" cannot be made: ${messageOf(error).replaceAll(workspace.path, shown)}`, {
      cause: error,
    });
  }
  try {
    // What the workspace gives to files in it comes with the last touch, not before the files are whole.
    removeAcls(directory.path);
    chmodSync(directory.path, PRIVATE);
    const { uid, mode } = directory.stat();
    if (uid === process.geteuid?.() && (mode & PERMISSIONS_OF_OTHERS) === 0) return directory;
  } catch (error) {
    directory[Symbol.dispose]();
    if (errnoOf(error) === "EROFS") throw error;
    throw new AiDockError(`its file system keeps no owners and modes (${errnoOf(error)})`, { cause: error });
  }
  directory[Symbol.dispose]();
  rmdirSync(workspace.at(STAGING));
  throw new AiDockError("its file system keeps no owners and modes");
}

/** True for a private directory of this user that is empty or holds our lock. */
function isOurs(workspace: DirectoryHandle): boolean {
  try {
    using directory = workspace.child(STAGING);
    const { uid, mode } = directory.stat();
    if (uid !== process.geteuid?.() || (mode & PERMISSIONS_OF_OTHERS) !== 0) return false;
    const names = directory.listNow().map(({ name }) => name);
    if (names.length === 0) return true;
    const text = names.includes(LOCK) ? readLock(directory) : undefined;
    // One that was killed, or found the disk full, while it made the lock.
    if (names.length === 1 && text !== undefined && SIGNATURE.startsWith(text)) return true;
    return text === SIGNATURE;
  } catch {
    return false;
  }
}

function readLock(directory: DirectoryHandle): string {
  const fd = openSync(directory.at(LOCK), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(SIGNATURE.length + 1);
    return buffer.toString("utf8", 0, readSync(fd, buffer, 0, buffer.byteLength, 0));
  } finally {
    closeSync(fd);
  }
}

/** The descriptor of the lock, once it is ours; undefined when its directory has gone meanwhile. */
function takeLock(directory: DirectoryHandle, options: StagingOptions): number | undefined {
  let fd: number;
  try {
    fd = openSync(directory.at(LOCK), constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw new AiDockError(`the lock cannot be made: ${errnoOf(error)}`, { cause: error });
  }
  try {
    awaitLock(fd, options);
    // Its last owner may have removed it.
    if (directory.entry(LOCK)?.ino === fstatSync(fd, { bigint: true }).ino) {
      if (readLock(directory) !== SIGNATURE) writeSync(fd, SIGNATURE, 0);
      return fd;
    }
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  return undefined;
}

function awaitLock(fd: number, { say, patienceSeconds }: StagingOptions): void {
  let [sign, seen] = [0, performance.now()];
  for (let first = true; !lockFile(fd); first = false) {
    if (first) say("Another container moves directories to this volume; waiting for its end");
    const { mtimeMs } = fstatSync(fd);
    if (mtimeMs !== sign) [sign, seen] = [mtimeMs, performance.now()];
    if (performance.now() - seen > patienceSeconds * 1000)
      throw new AiDockError(
        `another container has the lock, and has given no sign of life for ${patienceSeconds} s`,
      );
    Bun.sleepSync(LOOK_MILLISECONDS);
  }
}
