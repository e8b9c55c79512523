import { libc, systemError } from "./libc.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;

/** flock(2), at once; false when someone else has the lock. A file system that has no locks refuses nobody. */
export function lockFile(fd: number): boolean {
  return libc.flock(fd, LOCK_EX | LOCK_NB) === 0 || systemError("flock").code !== "EAGAIN";
}
