import { closeSync, constants, fstatSync, type FSWatcher, openSync, statSync, watch } from "node:fs";

/** Events come in bursts; one call of onChange serves a burst. */
const GATHER_MS = 5;
/** Delay of a last look at everything after a burst, in case inotify's queue overflowed. */
const SETTLE_MS = 250;
/** Interval of looking for a directory that does not exist, and whether another one has taken its place. */
const ABSENT_MS = 200;

/** Polling interval where the directory cannot be watched: inotify instances are limited per user. */
const POLL_MS = 200;

/** Names of files that have changed, or all. */
export type Changes = ReadonlySet<string> | "all";

/**
 * Watches a directory until aborted, from the moment that it exists and again when another one takes its place. Calls
 * `onChange` with "all" at first, then with the names of files that were written, made, moved or deleted.
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

/** Watches the held directory as long as the path leads to it. */
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

/** Opens a directory, so that no other one gets its inode number meanwhile. Undefined when there is none. */
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
    // A watcher whose directory is gone emits an error; isStill() notices that, too.
    return watch(directory, (_, file) => onEvent(file)).on("error", () => undefined);
  } catch {
    return undefined;
  }
}
