/** After requests: long enough that no collection comes between two of them. */
const QUIET_MILLISECONDS = 1000;

/**
 * Returns a function to call at each request: once none has come for a while, the garbage of all is collected. The engine
 * would keep it, as the collector's own timer is off in our executable.
 */
export function tidyAfterwards(
  collect: () => unknown = () => Bun.gc(true),
  milliseconds = QUIET_MILLISECONDS,
): () => void {
  let timer: Timer | undefined;
  return () => {
    if (timer !== undefined) {
      timer.refresh();
      return;
    }
    timer = setTimeout(() => {
      timer = undefined;
      collect();
    }, milliseconds);
    timer.unref();
  };
}
