import { setTimeout as delay } from "node:timers/promises";
import type { BootContext } from "../step.ts";
import { attempt } from "./download-once.ts";
import { proxyFor, trustedAuthorities } from "./network.ts";
import type { Source } from "./source.ts";

export interface Timing {
  /** Milliseconds without a byte after which a server counts as hung. */
  idle: number;
  /** Milliseconds before each further attempt. */
  retries: number[];
  /** Milliseconds between two lines on the progress. */
  progress: number;
}

export const defaultTiming: Timing = { idle: 30_000, retries: [1000, 2000, 4000], progress: 5000 };

/** The longest a server may ask us to wait before the next attempt. */
const LONGEST_WAIT_MILLISECONDS = 30_000;

/** Downloads to a file with retries. Returns why it did not succeed, or undefined. */
export async function download(
  { env, log, signal }: BootContext,
  { url, label }: Extract<Source, { kind: "url" }>,
  file: string,
  timing: Timing,
): Promise<string | undefined> {
  const request = {
    url,
    file,
    proxy: proxyFor(url, env),
    authorities: trustedAuthorities(env, (message) => log.warn(message)),
    idle: timing.idle,
    signal,
    onProgress: progressLines(timing.progress, (fields) =>
      log.info("Downloading", { from: label, ...fields }),
    ),
  };
  for (const wait of [...timing.retries, undefined]) {
    const result = await attempt(request);
    if (result.ok) return undefined;
    if (signal.aborted) return "the stop of the container";
    if (!result.retry || wait === undefined) return result.reason;
    const pause = Math.min(Math.max(wait, result.after ?? 0), LONGEST_WAIT_MILLISECONDS);
    log.warn(`"${label}": expected a script, got ${result.reason}; trying again in ${pause / 1000} s`);
    await delay(pause, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

/** Calls `print` at most once per interval, and not at all for a quick download. */
function progressLines(interval: number, print: (fields: { bytes: number; of?: number }) => void) {
  let last = performance.now();
  return (bytes: number, total: number | undefined) => {
    if (performance.now() - last < interval) return;
    last = performance.now();
    print({ bytes, ...(total === undefined ? {} : { of: total }) });
  };
}
