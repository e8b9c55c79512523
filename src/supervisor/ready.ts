import { once } from "node:events";
import type { ReadySpec } from "../programs/spec.ts";
import { LineFinder } from "./line-finder.ts";
import type { Address } from "./liveness/connection.ts";
import type { Behalf } from "./liveness/exec.ts";

const FIRST_WAIT_MILLISECONDS = 10;
const LONGEST_WAIT_MILLISECONDS = 1000;
const PROBE_TIMEOUT_MILLISECONDS = 5000;

export interface ReadyWatch {
  /** To be called with every chunk of the program's output; only log patterns need that. */
  onOutput?: (chunk: Uint8Array) => void;
}

/** Readiness that an observer tells needs no watching. */
type Watched = Exclude<ReadySpec, { kind: "observed" }>;

/**
 * Calls `onReady` once the condition holds, unless `signal` aborts first. A log pattern is an event;
 * the others are probed, often at first and then once a second.
 */
export function watchReady(
  ready: Watched,
  behalf: Behalf,
  signal: AbortSignal,
  onReady: () => void,
): ReadyWatch {
  if (ready.kind === "log") return { onOutput: matchLines(ready.pattern, signal, onReady) };
  void probeUntilReady(() => probe(ready, behalf, signal), signal, onReady);
  return {};
}

async function probeUntilReady(check: () => Promise<boolean>, signal: AbortSignal, onReady: () => void) {
  let wait = FIRST_WAIT_MILLISECONDS;
  while (!signal.aborted) {
    if (await check()) {
      if (!signal.aborted) onReady();
      return;
    }
    await Bun.sleep(wait);
    wait = Math.min(wait * 1.5, LONGEST_WAIT_MILLISECONDS);
  }
}

async function probe(
  ready: Exclude<Watched, { kind: "log" }>,
  behalf: Behalf,
  signal: AbortSignal,
): Promise<boolean> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MILLISECONDS)]);
  try {
    if (ready.kind === "tcp") return await accepts(ready, limit);
    if (ready.kind === "http") return await answersWell(ready.url, limit);
    // Few programs have one: loaded by the first.
    const { runsWell } = await import("./liveness/exec.ts");
    const { why, left } = await runsWell(ready.command, behalf, limit);
    // A probe that no signal ends: further ones would only hang beside it.
    if (left !== undefined && !signal.aborted) await Promise.race([left, once(signal, "abort")]);
    return why === undefined;
  } catch {
    return false;
  }
}

/** Asks the program itself: a proxy that the environment names is for what lies outside. */
async function answersWell(url: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(url, { signal, ...({ proxy: false } as object) });
  await response.body?.cancel();
  return response.ok;
}

async function accepts(address: Address, signal: AbortSignal): Promise<boolean> {
  const { connectTo } = await import("./liveness/connection.ts");
  (await connectTo(address, signal)).destroy();
  return true;
}

function matchLines(pattern: RegExp, signal: AbortSignal, onReady: () => void) {
  const finder = new LineFinder(pattern);
  return (chunk: Uint8Array) => {
    if (!signal.aborted && finder.take(chunk)) onReady();
  };
}
