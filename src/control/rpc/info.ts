import type { LogSpec } from "../../programs/spec.ts";
import type { ShownState } from "../../supervisor/machine.ts";
import type { Program } from "../../supervisor/program.ts";

const stateCodes: Record<ShownState, number> = {
  STOPPED: 0,
  STARTING: 10,
  RUNNING: 20,
  BACKOFF: 30,
  STOPPING: 40,
  EXITED: 100,
  FATAL: 200,
};

/** A process as supervisord's getProcessInfo describes it; times in epoch seconds. */
export function processInfo(program: Program) {
  const { spec, state, pid, exit, times } = program;
  const stdout = logPath(spec.stdout);
  return {
    name: spec.name,
    group: spec.group,
    start: seconds(times.started),
    stop: seconds(times.ended),
    now: seconds(Date.now()),
    state: stateCodes[state],
    statename: state,
    spawnerr: spawnError(program),
    exitstatus: exit === null ? 0 : (exit.code ?? -1),
    logfile: stdout,
    stdout_logfile: stdout,
    stderr_logfile: spec.stderr === "stdout" ? "" : logPath(spec.stderr),
    pid: pid ?? 0,
    description: describe(program),
  };
}

/** The path of a log; `/dev/stdout` for the container's own output, empty for none. */
export function logPath(spec: LogSpec): string {
  if (spec.kind === "file") return spec.path;
  return spec.kind === "container" ? "/dev/stdout" : "";
}

function spawnError({ state, reason }: Program): string {
  return state === "BACKOFF" || state === "FATAL" ? (reason ?? "") : "";
}

function describe(program: Program): string {
  const { spec, state, pid, uptime, reason, times } = program;
  switch (state) {
    case "RUNNING":
      return `pid ${pid}, uptime ${pythonDuration(uptime ?? 0)}`;
    case "BACKOFF":
    case "FATAL":
      return spawnError(program) || `unknown error (try "tail ${spec.name}")`;
    case "STOPPED":
      // Why a program does not run says more than the date that supervisord shows.
      return reason ?? stopped(times);
    case "EXITED":
      return stopped(times);
    default:
      return "";
  }
}

function stopped({ started, ended }: Program["times"]): string {
  return started === 0 ? "Not started" : shortDate(new Date(ended));
}

/** Seconds as Python prints a timedelta: `0:00:05`, `1 day, 2:03:04`. */
function pythonDuration(duration: number): string {
  const { days, clock } = daysAndClock(duration);
  return days === 0 ? clock : `${days} day${days === 1 ? "" : "s"}, ${clock}`;
}

/** Splits seconds into whole days and the rest as `2:03:04`. */
export function daysAndClock(duration: number): { days: number; clock: string } {
  const whole = Math.floor(duration);
  const [minutes, rest] = [Math.floor(whole / 60) % 60, whole % 60].map((part) => twoDigits(part));
  return { days: Math.floor(whole / 86_400), clock: `${Math.floor(whole / 3600) % 24}:${minutes}:${rest}` };
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `Nov 23 09:29 PM`, in local time. */
function shortDate(date: Date): string {
  const hour = date.getHours();
  const clock = `${twoDigits(hour % 12 === 0 ? 12 : hour % 12)}:${twoDigits(date.getMinutes())}`;
  return `${months[date.getMonth()]} ${twoDigits(date.getDate())} ${clock} ${hour < 12 ? "AM" : "PM"}`;
}

function twoDigits(part: number): string {
  return String(part).padStart(2, "0");
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
