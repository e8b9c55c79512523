import { logger } from "../log.ts";
import { health } from "../supervisor/status.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { freeProcesses } from "../sys/cgroup.ts";
import { releaseMemory } from "../sys/memory.ts";

const log = logger("init");

/** When the memory of the boot is given back; by then nobody waits for anything. */
const RELEASE_MILLISECONDS = 2000;

/** Between two looks whether there is room for threads. */
const RETRY_MILLISECONDS = 30_000;

/** From the ready line on, code that runs often is compiled as usual (see --compile-jit-policy in scripts/build.ts). */
const USUAL_JIT_POLICY = 1;

/** JavaScriptCore starts threads to compile and to collect garbage, and ends the process where it gets none. */
const MOST_THREADS = 16;

/** One line once everything that was started is up, or has failed; `started` on the clock of performance.now(). */
export async function reportReady(supervisor: Supervisor, started: number): Promise<void> {
  const settled = () =>
    supervisor.programs.every(({ state, ready }) => state !== "STARTING" && (state !== "RUNNING" || ready));
  do {
    await supervisor.until(() => supervisor.phase !== "running" || settled());
    // A program that waited for the last one to become ready is only just being started.
    await new Promise(setImmediate);
  } while (supervisor.phase === "running" && !settled());
  if (supervisor.phase !== "running") return;
  supervisor.times.settled ??= process.uptime();
  const { problems } = health(supervisor);
  const up = supervisor.programs.filter(({ state }) => state === "RUNNING").length;
  const fields = { programs: up, ms: Math.round(performance.now() - started) };
  // Nothing else asks for it while we are idle (see scripts/lib/bun-variables.ts).
  setTimeout(settleDown, RELEASE_MILLISECONDS).unref();
  if (hasRoomForThreads()) Bun.unsafe.setJITPolicy(USUAL_JIT_POLICY);
  if (problems.length === 0) log.info("ready", fields);
  else log.warn(`ready, but ${problems.join("; ")}`, fields);
}

/** Gives back memory; where programs have taken all processes that the container may have, once there are some again. */
function settleDown(): void {
  if (!hasRoomForThreads()) {
    setTimeout(settleDown, RETRY_MILLISECONDS).unref();
    return;
  }
  Bun.unsafe.setJITPolicy(USUAL_JIT_POLICY);
  releaseMemory();
}

const hasRoomForThreads = () => (freeProcesses() ?? MOST_THREADS) >= MOST_THREADS;
