import { accessSync, closeSync, constants, openSync, statSync } from "node:fs";
import { libc } from "./libc.ts";

/** With a larger limit, others run out of everything else first. */
const SMALL_LIMIT = 65_536n;

const RLIMIT_NOFILE = 7;

const limits = new BigUint64Array(new ArrayBuffer(16));

/** What Bun opens at most while it starts a process: pipes for its streams, a pidfd. */
const SPAWN_DESCRIPTORS = 8;

/** Of util-linux; becomes the command behind it. */
const PRLIMIT = "/usr/bin/prlimit";

/** The soft limit this process was started with, once its own is a higher one. */
let inherited: bigint | undefined;

/** Raises our own soft limit of open files (RLIMIT_NOFILE) to the hard one. Children still get the one we were given. */
export function raiseOpenFiles(): void {
  const { soft, hard } = openFilesLimits();
  if (soft === hard) return;
  inherited ??= soft;
  setOpenFilesLimit(hard, hard);
}

/**
 * Starts a process with the soft limit of open files that this one was started with. Limits are inherited at fork, so
 * ours is lowered for the moment of `spawn`, which itself needs a few descriptors below it; where those are in use,
 * prlimit(1) sets the limit in between.
 */
export function withInheritedOpenFiles<T>(command: string[], spawn: (command: string[]) => T): T {
  if (inherited === undefined) return spawn(command);
  const { hard } = openFilesLimits();
  if (highestOfFree(SPAWN_DESCRIPTORS) >= inherited)
    return spawn(isThere(PRLIMIT) ? [PRLIMIT, `--nofile=${inherited}:${hard}`, "--", ...command] : command);
  setOpenFilesLimit(inherited, hard);
  try {
    return spawn(command);
  } finally {
    setOpenFilesLimit(hard, hard);
  }
}

/**
 * Makes sure that so many file descriptors are free. A spawn that runs out of them in its middle would leave
 * a process that nobody knows of. Throws with the errno `code` EMFILE.
 */
export function requireDescriptors(count: number): void {
  const { soft } = openFilesLimits();
  if (soft > SMALL_LIMIT) return;
  const open = openDescriptors();
  if (open === 0 || BigInt(open + count) > soft) highestOfFree(count);
}

/** How many descriptors are open, which the directory's size tells from Linux 6.2 on; 0 before that. */
export function openDescriptors(): number {
  return statSync("/proc/self/fd", { throwIfNoEntry: false })?.size ?? 0;
}

/** The highest of the next `count` descriptors. Throws with the errno `code` EMFILE when there are less. */
function highestOfFree(count: number): number {
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync("/dev/null", "r"));
    return Math.max(...opened);
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

function isThere(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** How many files this process may have open at once: now, and at most after raising its own limit. */
function openFilesLimits(): { soft: bigint; hard: bigint } {
  libc.prlimit(0, RLIMIT_NOFILE, null, limits);
  return { soft: limits[0] ?? 0n, hard: limits[1] ?? 0n };
}

/**
 * The words in front of a command that may have at most so many files open, and never more than half of what this process
 * may have: whoever takes it over must not be able to use up our descriptors by connections to us.
 */
export function withFewerOpenFiles(most: number): string[] {
  const { hard } = openFilesLimits();
  const limit = hard / 2n < BigInt(most) ? hard / 2n : BigInt(most);
  return isThere(PRLIMIT) ? [PRLIMIT, `--nofile=${limit}`, "--"] : [];
}

/** Sets both limits for this process and all that it starts from now on. */
export function setOpenFilesLimit(soft: bigint, hard: bigint): void {
  limits.set([soft, hard]);
  libc.prlimit(0, RLIMIT_NOFILE, limits, null);
}
