import { logger } from "../log.ts";
import { health } from "../supervisor/status.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";

const log = logger("init");

/** When what the boot has left behind is collected; by then nobody waits for anything. */
const COLLECT_MILLISECONDS = 2000;

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
  const { problems } = health(supervisor);
  const up = supervisor.programs.filter(({ state }) => state === "RUNNING").length;
  const fields = { programs: up, ms: Math.round(performance.now() - started) };
  // Nothing else asks for it while we are idle (see scripts/lib/bun-variables.ts).
  setTimeout(() => Bun.gc(true), COLLECT_MILLISECONDS).unref();
  if (problems.length === 0) log.info("ready", fields);
  else log.warn(`ready, but ${problems.join("; ")}`, fields);
}
