import { closeSync, constants, openSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import { lockFile } from "../../sys/lock.ts";

const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const WAIT_MILLISECONDS = 250;

/** A lock that other processes, and other containers on the volume, respect; released with the process at the latest. */
export interface Lock extends Disposable {
  /** False while another process has the lock. */
  isHeld: boolean;
  /** The open file, for children that are to keep the lock when this process is killed; undefined where there is none. */
  file: number | undefined;
}

/** Takes the lock of that name in a directory, at once. Where no file can be made, nobody can work on anything: no lock is needed. */
export function tryLock(directory: DirectoryHandle, name: string): Lock {
  let file: number;
  try {
    file = openSync(directory.at(name), FLAGS, 0o600);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return { isHeld: true, file: undefined, [Symbol.dispose]: () => undefined };
  }
  const isHeld = lockFile(file);
  if (!isHeld) closeSync(file);
  return { isHeld, file: isHeld ? file : undefined, [Symbol.dispose]: () => isHeld && closeSync(file) };
}

/** Waits for a lock; `onWait` is told once that another process has it. Throws when aborted. */
export async function waitForLock(
  directory: DirectoryHandle,
  name: string,
  { signal, onWait }: { signal: AbortSignal; onWait: () => void },
): Promise<Lock> {
  for (let isTold = false; ; isTold = true) {
    const lock = tryLock(directory, name);
    if (lock.isHeld) return lock;
    if (!isTold) onWait();
    await Bun.sleep(WAIT_MILLISECONDS);
    signal.throwIfAborted();
  }
}

const SYNC_WAIT_MILLISECONDS = 5;
const LONGEST_MILLISECONDS = 10_000;

/** A lock that is held for moments only. Throws with `code` EAGAIN where it does not become free. */
export function lockBriefly(directory: DirectoryHandle, name: string): Lock {
  for (let waited = 0; waited < LONGEST_MILLISECONDS; waited += SYNC_WAIT_MILLISECONDS) {
    const lock = tryLock(directory, name);
    if (lock.isHeld) return lock;
    Bun.sleepSync(SYNC_WAIT_MILLISECONDS);
  }
  throw Object.assign(new Error("another process keeps the records to itself"), { code: "EAGAIN" });
}
