import { once } from "node:events";
import type { ReadySpec } from "../programs/spec.ts";
import { run } from "../sys/run.ts";
import { findCommand } from "./command-line.ts";

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
  spec: Watched,
  env: Record<string, string>,
  signal: AbortSignal,
  onReady: () => void,
): ReadyWatch {
  if (spec.kind === "log") return { onOutput: matchLines(spec.pattern, signal, onReady) };
  void probeUntilReady(() => probe(spec, env, signal), signal, onReady);
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
  spec: Exclude<Watched, { kind: "log" }>,
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<boolean> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MILLISECONDS)]);
  try {
    if (spec.kind === "tcp") return await accepts(spec.host, spec.port, limit);
    if (spec.kind === "http") return await answersWell(spec.url, limit);
    const { code, left } = await run(findCommand(spec.command, env["PATH"]), { env, signal: limit });
    // A probe that no signal ends: further ones would only hang beside it.
    if (left !== undefined && !signal.aborted) await Promise.race([left, once(signal, "abort")]);
    return code === 0;
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

/** A host that never answers is given up by the signal; the attempt does not live on. */
async function accepts(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  // Loaded by the first program that asks for it: a megabyte of PID 1.
  const { connect } = await import("node:net");
  signal.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port });
  const giveUp = () => resolve(false);
  signal.addEventListener("abort", giveUp, { once: true });
  socket.once("connect", () => resolve(true)).on("error", giveUp);
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", giveUp);
    socket.destroy();
  }
}

/** The longest line a pattern is tried on. */
const LONGEST_LINE = 64 * 1024;

function matchLines(pattern: RegExp, signal: AbortSignal, onReady: () => void) {
  const decoder = new TextDecoder();
  let rest = "";
  let done = false;
  return (chunk: Uint8Array) => {
    if (done || signal.aborted) return;
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = (lines.pop() ?? "").slice(-LONGEST_LINE);
    if (!lines.some((line) => pattern.test(line))) return;
    done = true;
    onReady();
  };
}
