import { logger } from "../log.ts";
import { health } from "../supervisor/health.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";

const log = logger("init");

/** One line once everything that was started is up, or has failed; `started` on the clock of performance.now(). */
export async function reportReady(supervisor: Supervisor, started: number): Promise<void> {
  const settled = () =>
    supervisor.programs.every(({ state, ready }) => state !== "STARTING" && (state !== "RUNNING" || ready));
  await supervisor.until(() => supervisor.phase !== "running" || settled());
  if (supervisor.phase !== "running") return;
  const { problems } = health(supervisor.phase, supervisor.programs);
  const up = supervisor.programs.filter(({ state }) => state === "RUNNING").length;
  const fields = { programs: up, ms: Math.round(performance.now() - started) };
  if (problems.length === 0) log.info("ready", fields);
  else log.warn(`ready, but ${problems.join("; ")}`, fields);
}
