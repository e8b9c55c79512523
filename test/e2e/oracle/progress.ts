import type { Process } from "./observation.ts";
import { belongsTo, type Row, type Step } from "./row.ts";

/** The processes of a row have come to where the row says. */
export function isSettled(row: Row, seen: Map<string, Process>): boolean {
  const { until } = row;
  const processes = of(row, seen);
  if (until === "none") return true;
  if (typeof until === "string") return processes.length > 0 && processes.every((one) => isIn(one, until));
  const [first] = processes;
  return first !== undefined && first.pids.length >= until.starts && count(first, "ready") >= until.starts;
}

/** What a step asked for has happened; a row without that step is done. */
export function hasDone(row: Row, step: Step | undefined, seen: Map<string, Process>): boolean {
  if (step === undefined) return true;
  const { until } = step;
  if (typeof until === "string") return of(row, seen).every((one) => isIn(one, until));
  return of(row, seen).every((one) => count(one, "signal") >= until.signals);
}

function of(row: Row, seen: Map<string, Process>): Process[] {
  return [...seen].filter(([id]) => belongsTo(row, id.split(":")[0]!)).map(([, process]) => process);
}

function isIn(process: Process, states: string): boolean {
  const state = process.states.at(-1) ?? "";
  if (!states.split("|").includes(state)) return false;
  // Up means that the probe has reported, too, where the program is one.
  const up = state === "RUNNING" || state === "STARTING";
  return !up || count(process, "ready") >= process.pids.length;
}

function count({ reports }: Process, event: string): number {
  return reports.filter((report) => report.event === event).length;
}
