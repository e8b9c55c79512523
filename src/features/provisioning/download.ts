import { setTimeout as delay } from "node:timers/promises";
import type { BootContext } from "../step.ts";
import { downloadOnce } from "./download-once.ts";
import { proxyFor, trustedAuthorities } from "../../sys/network.ts";
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

/** The upper limit of a Retry-After header. */
const LONGEST_WAIT_MILLISECONDS = 30_000;

/**
 * Downloads to a file, with retries. Returns the reason of a failure, or undefined. ofetch would be of no use here: its
 * retries end at the response's status, while a body that breaks off or stalls must be retried, too.
 */
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
    const result = await downloadOnce(request);
    if (result.ok) return undefined;
    if (signal.aborted) return "the stop of the container";
    if (!result.retry || wait === undefined) return result.reason;
    const pause = Math.min(Math.max(wait, result.after ?? 0), LONGEST_WAIT_MILLISECONDS);
    log.warn(`"${label}": expected a script, got ${result.reason}; trying again in ${pause / 1000} s`);
    await delay(pause, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

/** Calls `print` at most once per interval of milliseconds, and never for a quick download. */
function progressLines(interval: number, print: (fields: { bytes: number; of?: number }) => void) {
  let last = performance.now();
  return (bytes: number, total: number | undefined) => {
    if (performance.now() - last < interval) return;
    last = performance.now();
    print({ bytes, ...(total === undefined ? {} : { of: total }) });
  };
}
