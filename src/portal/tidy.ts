/** After requests: long enough that no collection comes between two of them. */
const QUIET_MILLISECONDS = 1000;
/** Where requests come without end, a collection, which takes milliseconds, comes all the same. */
const PATIENCE_MILLISECONDS = 10_000;

/**
 * Returns a function to call at each request: once none has come for a while, the garbage of all is collected. The engine
 * would keep it, as the collector's own timer is off in our executable. Times in milliseconds.
 */
export function tidyAfterwards(
  collect: () => unknown = () => Bun.gc(true),
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
