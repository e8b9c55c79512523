import { existsSync, type FSWatcher, watch } from "node:fs";

/** Events come in bursts; one look serves a whole one. */
const GATHER_MS = 5;
/** A last look at everything after a burst, for events that the kernel had no room for. */
const SETTLE_MS = 250;
/** How often a directory that does not exist is looked for. */
const ABSENT_MS = 200;

/** How often a directory is looked at that cannot be watched: a machine's inotify instances are few. */
const POLL_MS = 200;

/** Names of files that have changed, or all. */
export type Changes = ReadonlySet<string> | "all";

/**
 * Tells of changes in a directory, as soon as it exists, until aborted: at once of all that is there, then
 * of the files that were written, made, moved or deleted.
 */
export async function watchDirectory(
  directory: string,
  onChange: (changes: Changes) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!existsSync(directory) && !signal.aborted) await Bun.sleep(ABSENT_MS);
  if (signal.aborted) return;
  const failed = Promise.withResolvers<void>();
  const names = new Set<string>();
  let gather: Timer | undefined;
  let settle: Timer | undefined;
  const look = (changes: Changes) => {
    try {
      onChange(changes);
    } catch (error) {
      failed.reject(error);
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
  signal.addEventListener("abort", () => failed.resolve());
  look("all");
  try {
    await failed.promise;
  } finally {
    watcher?.close();
    for (const timer of [gather, settle, poll]) clearTimeout(timer);
  }
}

function tryWatch(directory: string, onEvent: (file: string | null) => void): FSWatcher | undefined {
  try {
    return watch(directory, (_, file) => onEvent(file));
  } catch {
    return undefined;
  }
}
