import { once } from "node:events";

/** A clock that starts with the signal: seconds since then, 0 before. */
export function stopwatch(signal: AbortSignal): () => number {
  let started: number | undefined;
  signal.addEventListener("abort", () => (started = performance.now()));
  return () => (started === undefined ? 0 : (performance.now() - started) / 1000);
}

/** Resolves when the signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
