import { randomUUID } from "node:crypto";
import { closeSync, constants, fstatSync, ftruncateSync, futimesSync } from "node:fs";
import { openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { AiDockError, errnoOf } from "../../errors.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { lockFile } from "../../sys/lock.ts";

export const LOCK = "lock";
/** A directory of ours says so: the owner of the workspace may rename any other private directory of root's to this name. */
const SIGNATURE = "Copies of /opt that ai-dock is making (OPT_SYNC)\n";
const LONGEST = 256;
const LOOK_MILLISECONDS = 500;

export interface LockOptions {
  say: (line: string) => void;
  /** How long a container that has the lock may give no sign of life. */
  patienceSeconds: number;
  /** True where flock(2) may know nothing of other machines: the name in the lock counts, too. */
  isShared: boolean;
  /** There: how long a container that is named in the lock may give no sign of life. */
  leaseSeconds: number;
}

/** True for the lock of a directory of ours, also one that was killed, or found the disk full, while it made the lock. */
export function isLockThere(directory: DirectoryHandle): { isOurs: boolean; isWhole: boolean } {
  const text = readLock(directory);
  return {
    isOurs: SIGNATURE.startsWith(text.slice(0, SIGNATURE.length)),
    isWhole: text.startsWith(SIGNATURE),
  };
}

/** Held by the one container that copies: by flock(2), and by name where file systems of other machines take part. */
export class StagingLock {
  readonly #directory: DirectoryHandle;
  readonly #fd: number;
  readonly #name = randomUUID();

  private constructor(directory: DirectoryHandle, fd: number) {
    this.#directory = directory;
    this.#fd = fd;
  }

  /** Waits for the lock; undefined when its directory has gone meanwhile. Throws AiDockError. */
  static take(directory: DirectoryHandle, options: LockOptions): StagingLock | undefined {
    let fd: number;
    try {
      fd = openSync(directory.at(LOCK), constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw new AiDockError(`the lock cannot be made: ${errnoOf(error)}`, { cause: error });
    }
    try {
      const lock = new StagingLock(directory, fd);
      awaitSilence(options, options.patienceSeconds, () => (lockFile(fd) ? undefined : fstatSync(fd)));
      if (options.isShared) lock.#awaitLease(options);
      // Its last owner may have removed it.
      if (lock.#isThere()) {
        lock.#write(`${SIGNATURE}${lock.#name}\n`);
        return lock;
      }
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
    return undefined;
  }

  /** Shows containers that wait that this one is at work. Throws AiDockError where one of them has not waited. */
  sign(): void {
    if (!this.#isMine())
      throw new AiDockError("another container took this one for dead, and goes on with the copy");
    const now = new Date();
    futimesSync(this.#fd, now, now);
  }

  /** Gives the lock back, and removes it with `isLast`. */
  release(isLast: boolean): void {
    try {
      if (!this.#isMine()) return;
      if (isLast) unlinkSync(this.#directory.at(LOCK));
      else this.#write(SIGNATURE);
    } finally {
      closeSync(this.#fd);
    }
  }

  /** By its content alone: file systems in user space may give a file another inode number at each look. */
  #isMine(): boolean {
    try {
      return readLock(this.#directory) === `${SIGNATURE}${this.#name}\n`;
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return false;
      throw error;
    }
  }

  #isThere(): boolean {
    return this.#directory.entry(LOCK)?.ino === fstatSync(this.#fd, { bigint: true }).ino;
  }

  #write(text: string): void {
    writeSync(this.#fd, text, 0);
    ftruncateSync(this.#fd, Buffer.byteLength(text));
  }

  /** A lock with a name that nobody gives a sign for is that of a container that was killed. */
  #awaitLease(options: LockOptions): void {
    const named = () => {
      if (!this.#isThere() || readLock(this.#directory).length <= SIGNATURE.length) return undefined;
      // By a new descriptor: that is when NFS asks its server.
      const fd = openSync(this.#directory.at(LOCK), constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        return fstatSync(fd);
      } finally {
        closeSync(fd);
      }
    };
    try {
      awaitSilence(options, options.leaseSeconds, named);
    } catch (error) {
      if (!(error instanceof SilenceError)) throw error;
    }
  }
}

class SilenceError extends AiDockError {}

/** Waits until `held` gives nothing any more. Throws SilenceError where its time stays the same for too long. */
function awaitSilence(
  { say }: LockOptions,
  seconds: number,
  held: () => { mtimeMs: number } | undefined,
): void {
  let [sign, seen] = [-1, performance.now()];
  for (let first = true; ; first = false) {
    const found = held();
    if (found === undefined) return;
    if (first) say("Another container moves directories to this volume; waiting for its end");
    if (found.mtimeMs !== sign) [sign, seen] = [found.mtimeMs, performance.now()];
    if (performance.now() - seen > seconds * 1000)
      throw new SilenceError(
        `another container has the lock, and has given no sign of life for ${seconds} s`,
      );
    Bun.sleepSync(LOOK_MILLISECONDS);
  }
}

function readLock(directory: DirectoryHandle): string {
  const fd = openSync(directory.at(LOCK), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(LONGEST);
    return buffer.toString("utf8", 0, readSync(fd, buffer, 0, buffer.byteLength, 0));
  } finally {
    closeSync(fd);
  }
}
