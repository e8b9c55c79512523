import { messageOf } from "../errors.ts";
import { logger } from "../log.ts";
import { stopTiers } from "../programs/order.ts";
import { dependencyFinder } from "./dependencies.ts";
import { endStrays } from "./process-tree.ts";
import type { Supervisor } from "./supervisor.ts";

/** What is kept of the whole time for the final SIGKILL and for writing the last logs. */
const RESERVE_SECONDS = 0.5;

/** Between SIGTERM and SIGKILL for processes that belong to no program: shells, leftovers, `docker exec`. */
const STRAY_GRACE_SECONDS = 1;

/** Of the reserve, for those processes to end by SIGKILL. */
const STRAY_KILL_SECONDS = 0.3;

/** Writing the last output takes no longer, unless a process still holds a pipe open. */
const LAST_OUTPUT_MILLISECONDS = 200;

const log = logger("supervisor");

/**
 * Stops everything in reverse order of priority, programs of one priority at the same time, all within `timeoutSeconds`.
 * At half time every program that still waits for its turn is told to stop; at the end everything is killed. `hurry` (a
 * second signal) goes straight to SIGKILL. Nothing but this process is left afterwards.
 */
export async function shutdown(
  supervisor: Supervisor,
  timeoutSeconds: number,
  hurry: AbortSignal,
): Promise<void> {
  supervisor.phase = "stopping";
  const started = performance.now();
  const remaining = () =>
    Math.max(0, timeoutSeconds - RESERVE_SECONDS - (performance.now() - started) / 1000);
  const clock = deadlines(timeoutSeconds / 2, timeoutSeconds - RESERVE_SECONDS, hurry);
  const stops: Promise<void>[] = [];
  const { programs } = supervisor;
  for (const program of programs) program.requestStop();
  for (const tier of stopTiers(programs, ({ spec }) => spec, dependencyFinder(programs))) {
    const ends = tier.map((program) =>
      program.stop(Math.min(program.spec.stopwaitsecs, remaining())).catch((error: unknown) => {
        // The others have their time all the same.
        log.error(`${program.id}: its stop failed: ${messageOf(error)}`);
      }),
    );
    stops.push(...ends);
    await Promise.race([Promise.all(ends), clock.half]);
  }
  await Promise.race([Promise.all(stops), clock.end]);
  for (const program of programs) {
    if (program.pid === null) continue;
    log.warn(`${program.id} did not stop within the time there is; killing it`);
    program.kill();
  }
  // A process that not even SIGKILL ends must not take the time that is kept for the rest.
  const enough = Bun.sleep((remaining() + STRAY_KILL_SECONDS) * 1000);
  await Promise.race([endStrays(Math.min(STRAY_GRACE_SECONDS, remaining())), enough]);
  await writeLastOutput(supervisor);
  // A slow reader of the container's output has the rest of the time.
  await Promise.race([supervisor.container?.flush(remaining() * 1000), clock.end]);
  const left = supervisor.container?.giveUp() ?? 0;
  if (left > 0)
    log.warn("no time to copy all output to the container log; the log files have it", { bytes: left });
  clock.cancel();
}

/** Writes what ended programs have left in their pipes to the log files and, for its reader, to the container's output. */
async function writeLastOutput({ programs, container }: Supervisor): Promise<void> {
  // Memory has no limit meanwhile.
  if (container !== null) container.holdsBack = false;
  const drained = Promise.all(programs.map(({ output }) => output.drained()));
  await Promise.race([drained, Bun.sleep(LAST_OUTPUT_MILLISECONDS)]);
  if (container !== null) container.holdsBack = true;
}

/** Half time and the end; `hurry` brings both at once. */
function deadlines(halfSeconds: number, endSeconds: number, hurry: AbortSignal) {
  const half = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const timers = [setTimeout(half.resolve, halfSeconds * 1000), setTimeout(end.resolve, endSeconds * 1000)];
  const now = () => {
    half.resolve();
    end.resolve();
  };
  if (hurry.aborted) now();
  hurry.addEventListener("abort", now);
  return {
    half: half.promise,
    end: end.promise,
    cancel() {
      for (const timer of timers) clearTimeout(timer);
      hurry.removeEventListener("abort", now);
    },
  };
}
