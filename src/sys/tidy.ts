import { releaseMemory } from "./memory.ts";

/** After the last use: memory that is given back costs the next one page faults. */
const QUIET_MILLISECONDS = 5000;
/** Where uses come without end, memory is given back all the same. */
const PATIENCE_MILLISECONDS = 10_000;

/**
 * Returns a function to call at each use of a server: once none has come for a while, memory is given back. The engine
 * would keep it, as the collector's own timer is off in our executable. Times in milliseconds.
 */
export function tidyAfterwards(
  collect: () => unknown = releaseMemory,
  { quiet = QUIET_MILLISECONDS, patience = PATIENCE_MILLISECONDS } = {},
): () => void {
  let timer: Timer | undefined;
  let since = 0;
  return () => {
    if (timer !== undefined) {
      if (performance.now() - since < patience) timer.refresh();
      return;
    }
    since = performance.now();
    timer = setTimeout(() => {
      timer = undefined;
      collect();
    }, quiet);
    timer.unref();
  };
}
