import type { Program } from "./program.ts";
import type { Phase } from "./supervisor.ts";

export interface Health {
  phase: Phase;
  /** Booted, and every program that is meant to be up is up and ready. */
  healthy: boolean;
  /** What keeps it from being healthy, one line each. */
  problems: string[];
}

/**
 * Programs that count: started at boot, not skipped and not stopped by request. A program that did its
 * work and ended as expected is healthy.
 */
export function health(phase: Phase, programs: Program[]): Health {
  const problems = programs.flatMap((program) => {
    const problem = problemOf(program);
    return problem === undefined ? [] : [`${program.id}: ${problem}`];
  });
  return { phase, healthy: phase === "running" && problems.length === 0, problems };
}

function problemOf(program: Program): string | undefined {
  const { spec, state, ready, exit, reason, note, stoppedByRequest } = program;
  if (!spec.autostart || spec.skipped !== undefined || stoppedByRequest) return undefined;
  if (state === "RUNNING")
    return ready ? undefined : `RUNNING but not ready${note === null ? "" : ` (${note})`}`;
  if (state === "STOPPED" && program.refused) return undefined;
  if (state === "EXITED" && typeof exit?.code === "number" && spec.exitcodes.includes(exit.code))
    return undefined;
  return reason === null ? state : `${state} (${reason})`;
}
