import { closeSync, constants, openSync } from "node:fs";
import { libc, systemError } from "./libc.ts";

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/** flock(2), at once; false when someone else has the lock. A file system that has no locks refuses nobody. */
export function lockFile(fd: number): boolean {
  return libc.flock(fd, LOCK_EX | LOCK_NB) === 0 || systemError("flock").code !== "EAGAIN";
}

const FLAGS = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Marks work as going on, by a shared lock on a file of this user, until disposal or the end of this process. */
export function holdLock(path: string): Disposable {
  let fd: number;
  try {
    fd = openSync(path, FLAGS | constants.O_CREAT, 0o600);
  } catch {
    // Where no file can be made, nobody looks for one.
    return { [Symbol.dispose]: () => undefined };
  }
  libc.flock(fd, LOCK_SH);
  return { [Symbol.dispose]: () => closeSync(fd) };
}

/** True while some process holds that lock. */
export function isLockHeld(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, FLAGS);
  } catch {
    return false;
  }
  const isFree = lockFile(fd);
  closeSync(fd);
  return !isFree;
}
