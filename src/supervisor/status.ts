import type { FactValue } from "../programs/spec.ts";
import type { ShownState } from "./machine.ts";
import type { Program } from "./program.ts";
import type { Phase, Supervisor } from "./supervisor.ts";

/** One program in `status --json`; absent values are null. */
export interface ProgramStatus {
  name: string;
  group: string;
  state: ShownState;
  pid: number | null;
  uptime_s: number | null;
  ready: boolean;
  restarts: number;
  exit_code: number | null;
  signal: string | null;
  reason: string | null;
  /** How the process fares, in words, where something more than its state is known. */
  note: string | null;
  facts: Readonly<Record<string, FactValue>>;
}

/** What `status` shows of a program at this moment. */
export function programStatus(program: Program): ProgramStatus {
  const { spec, state, pid, uptime, ready, restarts, exit, reason, note, facts } = program;
  return {
    name: spec.name,
    group: spec.group,
    state,
    pid,
    uptime_s: uptime === null ? null : Math.round(uptime * 10) / 10,
    ready,
    restarts,
    exit_code: exit?.code ?? null,
    signal: exit?.signal ?? null,
    reason,
    note,
    facts,
  };
}

/** The answer to a health probe. */
export interface Health {
  phase: Phase;
  /** Booted, and every program that is meant to be up is up and ready. */
  healthy: boolean;
  /** Was healthy once since the supervisor started, and no notice takes that back. */
  started: boolean;
  /** What keeps it from being healthy, one line each. */
  problems: string[];
}

type Judged = Pick<Supervisor, "phase" | "programs" | "wasHealthy"> & Partial<Pick<Supervisor, "notices">>;

/**
 * Judges a supervisor, which remembers that it was healthy. Programs that count: started at boot, not skipped and not
 * stopped by request. A program that did its work and ended as expected is healthy.
 */
export function health(supervisor: Judged): Health {
  const { phase, programs, notices } = supervisor;
  const problems = programs.flatMap((program) => {
    const problem = problemOf(program);
    return problem === undefined ? [] : [`${program.id}: ${problem}`];
  });
  const more = notices?.problems ?? [];
  problems.push(...more);
  const healthy = phase === "running" && problems.length === 0;
  supervisor.wasHealthy ||= healthy;
  return { phase, healthy, started: supervisor.wasHealthy && more.length === 0, problems };
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
