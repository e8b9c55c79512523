import { workspaceOf } from "../env/workspace.ts";
import type { IdleControl, IdleState } from "./idle.ts";
import { health } from "../supervisor/status.ts";
import type { Program } from "../supervisor/program.ts";
import type { Phase, Supervisor } from "../supervisor/supervisor.ts";
import type { ProgramStatus } from "../supervisor/status.ts";
import type { Notice } from "../supervisor/notices.ts";

/** What PID 1 alone knows of metrics; everything else is read by whoever collects. Times in seconds. */
export interface MetricFacts {
  version: string;
  /** Of the supervisor. */
  pid: number;
  /** Since the epoch. */
  startTime: number;
  phase: Phase;
  bootSeconds: number | null;
  settledSeconds: number | null;
  healthy: boolean;
  workspace: string;
  notices: Record<Notice["severity"], number>;
  /** Null where the guard of idle containers is off. */
  idle: IdleState | null;
  programs: ProgramFacts[];
}

/** One program, over all its processes since it is known. */
export interface ProgramFacts extends Pick<ProgramStatus, "state" | "ready" | "pid" | "restarts" | "facts"> {
  id: string;
  /** Of the process that runs, since the epoch. */
  startTime: number | null;
  /** See Program. */
  mark: number;
  /** CPU time of processes that have ended. */
  endedCpuSeconds: number;
  output: OutputFacts[];
}

interface OutputFacts {
  stream: "stdout" | "stderr";
  writtenBytes: number;
  skippedBytes: number;
  droppedBytes: number;
}

interface Sources {
  supervisor: Supervisor;
  version: string;
  environment: () => { env: Record<string, string> };
  idle: Pick<IdleControl, "state">;
}

/** The facts of this moment. */
export function metricFacts({ supervisor, version, environment, idle }: Sources): MetricFacts {
  const { booted, settled } = supervisor.times;
  const notices = { info: 0, warning: 0, error: 0 };
  for (const { severity } of supervisor.notices.shown) notices[severity]++;
  return {
    version,
    pid: process.pid,
    startTime: performance.timeOrigin / 1000,
    phase: supervisor.phase,
    bootSeconds: booted ?? null,
    settledSeconds: settled ?? null,
    healthy: health(supervisor).healthy,
    workspace: workspaceOf(environment().env),
    notices,
    idle: idle.state(),
    programs: supervisor.programs.map(describe),
  };
}

/** What processes say of themselves when they are asked (see Observer), by the id of their program. */
export type Measures = Record<string, Record<string, number>>;

/** A process that does not answer by then is left out; less than anybody waits who collects metrics. */
const PATIENCE_MILLISECONDS = 500;

/** Asks the processes of all programs that have figures of their own. */
export async function measurePrograms(
  programs: readonly Program[],
  patience = PATIENCE_MILLISECONDS,
): Promise<Measures> {
  const measures: Measures = {};
  const asked = programs.flatMap((program) => {
    const figures = program.measure();
    if (figures === undefined) return [];
    return [figures.then((known) => void (measures[program.id] = known)).catch(() => undefined)];
  });
  if (asked.length === 0) return measures;
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, patience);
  await Promise.race([Promise.all(asked), late.promise]);
  clearTimeout(timer);
  // Later answers are not for this reply.
  return { ...measures };
}

function describe(program: Program): ProgramFacts {
  const { id, state, ready, pid, restarts, times, mark, endedCpuSeconds, facts, output, spec } = program;
  const streams = spec.stderr === "stdout" ? (["stdout"] as const) : (["stdout", "stderr"] as const);
  return {
    id,
    state,
    ready,
    pid,
    restarts,
    startTime: pid === null ? null : times.started / 1000,
    mark,
    endedCpuSeconds,
    facts,
    output: streams.map((stream) => ({
      stream,
      writtenBytes: output.counts[stream].written,
      skippedBytes: output.counts[stream].skipped,
      droppedBytes: output[stream]?.droppedBytes ?? 0,
    })),
  };
}
