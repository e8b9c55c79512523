import { programId } from "../programs/names.ts";
import type { ProgramStatus } from "../supervisor/status.ts";
import { style } from "./print.ts";

/** The lines of `ai-dock status`, one a program. */
export function statusTable(phase: string, programs: ProgramStatus[]): string[] {
  const lines: string[] = [];
  if (phase !== "running") lines.push(style("yellow", `The container is ${phase}; see: ai-dock logs -f`));
  if (programs.length === 0 && phase === "running") lines.push("No programs");
  const width = Math.max(0, ...programs.map((program) => programId(program).length));
  for (const program of programs) {
    const state = style(stateStyle(program), program.state.padEnd(8));
    lines.push(`${programId(program).padEnd(width)}  ${state}  ${describe(program)}`.trimEnd());
  }
  return lines;
}

function stateStyle({ state, ready }: ProgramStatus) {
  if (state === "RUNNING") return ready ? "green" : "yellow";
  if (state === "FATAL" || state === "BACKOFF") return "red";
  return state === "STARTING" || state === "STOPPING" ? "yellow" : "dim";
}

function describe({ pid, uptime_s, ready, restarts, reason, note, state, exit_code }: ProgramStatus): string {
  const parts = [
    pid === null ? undefined : `pid ${pid}`,
    uptime_s === null ? undefined : `up ${formatDuration(uptime_s)}`,
    state === "RUNNING" ? (ready ? "ready" : "not ready") : undefined,
    restarts > 0 ? `${restarts} ${restarts === 1 ? "restart" : "restarts"}` : undefined,
    note ?? undefined,
    reason ?? (state === "EXITED" && exit_code !== null ? `exit code ${exit_code}` : undefined),
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

function formatDuration(seconds: number): string {
  const whole = Math.floor(seconds);
  const days = Math.floor(whole / 86_400);
  const clock = [Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60]
    .map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0")))
    .join(":");
  return days > 0 ? `${days}d ${clock}` : clock;
}
