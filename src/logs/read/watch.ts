import { closeSync, constants, fstatSync, type FSWatcher, openSync, statSync, watch } from "node:fs";

/** Events come in bursts; one look serves a whole one. */
const GATHER_MS = 5;
/** A last look at everything after a burst, for events that the kernel had no room for. */
const SETTLE_MS = 250;
/** How often a directory that does not exist is looked for, or whether it is still the same one. */
const ABSENT_MS = 200;

/** How often a directory is looked at that cannot be watched: a machine's inotify instances are few. */
const POLL_MS = 200;

/** Names of files that have changed, or all. */
export type Changes = ReadonlySet<string> | "all";

/**
 * Tells of changes in a directory, as soon as it exists and again when another one takes its place, until
 * aborted: at once of all that is there, then of the files that were written, made, moved or deleted.
 */
export async function watchDirectory(
  directory: string,
  onChange: (changes: Changes) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const held = hold(directory);
    try {
      if (held === undefined) await Bun.sleep(ABSENT_MS);
      else await watchOne(directory, held, onChange, signal);
    } finally {
      if (held !== undefined) closeSync(held);
    }
  }
}

/** Watches the directory that is held, as long as it is the one of that path. */
async function watchOne(
  directory: string,
  held: number,
  onChange: (changes: Changes) => void,
  signal: AbortSignal,
): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const names = new Set<string>();
  let gather: Timer | undefined;
  let settle: Timer | undefined;
  const look = (changes: Changes) => {
    try {
      onChange(changes);
    } catch (error) {
      ended.reject(error);
    }
  };
  const watcher = tryWatch(directory, (file) => {
    if (file !== null) names.add(file);
    gather ??= setTimeout(() => {
      gather = undefined;
      const changed = new Set(names);
      names.clear();
      look(changed);
    }, GATHER_MS);
    settle ??= setTimeout(() => {
      settle = undefined;
      look("all");
    }, SETTLE_MS);
  });
  const poll = watcher === undefined ? setInterval(() => look("all"), POLL_MS) : undefined;
  const identity = setInterval(() => {
    if (!isStill(directory, held)) ended.resolve();
  }, ABSENT_MS);
  const end = () => ended.resolve();
  signal.addEventListener("abort", end);
  look("all");
  try {
    await ended.promise;
  } finally {
    signal.removeEventListener("abort", end);
    watcher?.close();
    for (const timer of [gather, settle, poll, identity]) clearTimeout(timer);
  }
}

/** Opens a directory: its inode number is given to no other one meanwhile. Undefined when there is none. */
function hold(directory: string): number | undefined {
  try {
    return openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return undefined;
  }
}

function isStill(directory: string, held: number): boolean {
  try {
    const [there, own] = [statSync(directory), fstatSync(held)];
    return there.ino === own.ino && there.dev === own.dev;
  } catch {
    return false;
  }
}

function tryWatch(directory: string, onEvent: (file: string | null) => void): FSWatcher | undefined {
  try {
    // One whose directory is gone tells so by an error; that is found out anyway.
    return watch(directory, (_, file) => onEvent(file)).on("error", () => undefined);
  } catch {
    return undefined;
  }
}
