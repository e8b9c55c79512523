import { setTimeout as delay } from "node:timers/promises";

const LONGEST_SECONDS = 60;
/** The upper limit of what a server may ask for by Retry-After. */
const LONGEST_ASKED_MILLISECONDS = 10 * 60 * 1000;

/**
 * Milliseconds before the next attempt: `seconds`, doubled for each failure before it, half of it at random, so that
 * many downloads do not come back at once; or what the server asks for, if longer.
 */
export function backoff(failures: number, seconds: number, asked = 0, random = Math.random()): number {
  const full = Math.min(LONGEST_SECONDS, seconds * 2 ** (failures - 1)) * 1000;
  return Math.max((full * (1 + random)) / 2, asked * (1 + random / 10));
}

/** Waits, or returns early once `signal` is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}

/** Milliseconds of a Retry-After header: seconds, or a date (RFC 9110 10.2.3), ten minutes at most; undefined for anything else. */
export function retryAfter(header: string | null, now = Date.now()): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Math.min(Number(header) * 1000, LONGEST_ASKED_MILLISECONDS);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.min(Math.max(0, date - now), LONGEST_ASKED_MILLISECONDS);
}
