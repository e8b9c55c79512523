import { LONGEST_TIMER_SECONDS } from "../stop.ts";

/**
 * Calls `due` when this process has had `seconds` of time: a slice that ends late, as after `docker pause`, a suspend of the
 * host or for want of processor time, counts as one all the same. What is measured has had no more time than this process
 * meanwhile. The result ends the wait.
 */
export function afterOwnTime(seconds: number, slices: number, due: () => void): () => void {
  const milliseconds = Math.min(seconds / slices, LONGEST_TIMER_SECONDS) * 1000;
  let left = slices;
  const tick = () => {
    left--;
    if (left === 0) due();
    else timer = setTimeout(tick, milliseconds);
  };
  let timer = setTimeout(tick, milliseconds);
  return () => clearTimeout(timer);
}

/** Resolves after that time, or when `signal` aborts. */
export async function ownTime(seconds: number, slices: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  const cancel = afterOwnTime(seconds, slices, end);
  signal.addEventListener("abort", end, { once: true });
  await promise;
  cancel();
  signal.removeEventListener("abort", end);
}
