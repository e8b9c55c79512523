import { IGNORED_BY_PYTHON, OUR_VARIABLES } from "../../oracle/differences.ts";
import type { Aspect, Observation, Process, Report, Span, Start } from "./observation.ts";
import { belongsTo, type Row } from "./row.ts";

/** A row as one side behaved, without what differs everywhere (differences.ts); equal when both did the same. */
export function viewOf(row: Row, observation: Observation): Record<Aspect, unknown> {
  const processes = own(row, observation.processes);
  const shown = processes.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const each = <T>(value: (process: Process) => T) =>
    Object.fromEntries(shown.map(([id, process]) => [id, value(process)]));
  const starts = (value: (start: Start) => unknown) =>
    each(({ reports }) => distinct(limited(row, reports.filter(isStart)).map(value)));
  return {
    refused: observation.refused.has(row.name),
    names: shown.map(([id]) => id),
    starts: each(({ pids }) => limited(row, pids).length),
    states: each(({ states }) => limitedStates(row, states)),
    ends: each(({ ends }) => limited(row, ends)),
    // A start by request comes when it was asked for.
    waits:
      row.steps.length > 0
        ? {}
        : each(({ waits }) => limited(row, waits).map((wait) => seconds(wait, observation.stalls))),
    "stop ends": each(({ stopEnd }) => stopEnd),
    errors: each(({ errors }) => errors.map((text) => text.replace(/^(Exited too quickly) .*/, "$1"))),
    order: processes.length > 1 ? order(processes) : [],
    argv: starts(({ argv }) => argv),
    environment: starts(({ env }) => environment(env)),
    identity: starts(({ uid, gid, groups }) => ({ uid, gid, groups })),
    cwd: starts(({ cwd }) => cwd),
    umask: starts(({ umask }) => umask),
    descriptors: starts(({ fds, joined, stdin }) => ({ fds, joined, stdin })),
    limits: starts(({ limits, nice, oom }) => ({ ...limits, "Max file locks": "", nice, oom })),
    "signal state": starts(({ blocked, ignored, ownGroup }) => ({
      blocked,
      ignored: (BigInt(`0x${ignored}`) & ~IGNORED_BY_PYTHON).toString(16),
      ownGroup,
    })),
    signals: each(({ reports }) => signals(reports)),
    "stop order": row.name.startsWith("order") ? stopOrder(own(row, observation.atStop)) : [],
    survivors: each(
      ({ reports }) =>
        reports.filter(({ event, pid }) => event === "child" && observation.survivors.has(pid)).length,
    ),
    logs: Object.fromEntries(
      [...observation.logs]
        .filter(([path]) => path.startsWith(row.name) && /^(?:$|\.|-std)/.test(path.slice(row.name.length)))
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ),
    output: row.text.includes("/dev/") ? lines(observation.output, `said by ${row.name}`) : [],
  };
}

function own<T>(row: Row, processes: Map<string, T>): [string, T][] {
  return [...processes].filter(([id]) => belongsTo(row, id.split(":")[0]!));
}

const isStart = (report: Report): report is Start => report.event === "start";

/** Whole seconds that someone has waited on purpose; two numbers only where the machine has stalled meanwhile. */
interface Wait {
  least: number;
  most: number;
}

/** Timers may be early by a little, and a busy machine late by less than a second, or by as much as it has stalled. */
function seconds({ from, to }: Span, stalls: Span[]): Wait {
  const stalled = stalls
    .map((stall) => Math.min(to, stall.to) - Math.max(from, stall.from))
    .filter((milliseconds) => milliseconds > 0)
    .reduce((sum, milliseconds) => sum + milliseconds, 0);
  const whole = (milliseconds: number) => Math.floor((milliseconds + 50) / 1000);
  return { least: whole(to - from - stalled), most: whole(to - from) };
}

/** True where both sides may have behaved alike in an aspect; without a stall that is where their views are equal. */
export function isAlike(aspect: Aspect, one: unknown, other: unknown): boolean {
  if (aspect !== "waits") return Bun.deepEquals(one, other);
  const [a, b] = [one, other].map((waits) => Object.entries(waits as Record<string, Wait[]>));
  const overlap = (wait: Wait, and: Wait | undefined) =>
    and !== undefined && wait.least <= and.most && and.least <= wait.most;
  return (
    a!.length === b!.length &&
    a!.every(([id, waits], index) => {
      const [otherId, others] = b![index]!;
      return (
        id === otherId &&
        waits.length === others.length &&
        waits.every((wait, at) => overlap(wait, others[at]))
      );
    })
  );
}

/** Each value once: a program finds the same at every start. */
function distinct<T>(values: T[]): T[] {
  return values.filter((value, index) => values.findIndex((other) => Bun.deepEquals(other, value)) === index);
}

/** A program that is restarted for ever is compared up to the start that was waited for. */
function limited<T>({ until }: Row, values: T[]): T[] {
  return typeof until === "string" ? values : values.slice(0, until.starts - 1);
}

function limitedStates({ until }: Row, states: string[]): string[] {
  if (typeof until === "string") return states;
  let starts = 0;
  const end = states.findIndex((state) => state === "STARTING" && ++starts === until.starts);
  return states.slice(0, end);
}

function environment(env: Record<string, string>): Record<string, string> {
  const shown = Object.entries(env).filter(([name]) => !OUR_VARIABLES.test(name));
  return Object.fromEntries(
    shown.map(([name, value]) => [name, name === "SUPERVISOR_SERVER_URL" ? "" : value]),
  );
}

/** What the program and its child were sent; each in its own order. */
function signals(reports: Report[]): Record<string, string[]> {
  const sent = reports.filter(({ event }) => event === "signal") as Extract<Report, { who: string }>[];
  const of = (who: string) => sent.filter((report) => report.who === who).map(({ name }) => name);
  return { main: of("main"), child: of("child") };
}

function order(processes: [string, Process][]): string[] {
  return processes
    .filter(([, { pids }]) => pids.length > 0)
    .toSorted(([, a], [, b]) => a.pids[0]! - b.pids[0]!)
    .map(([id]) => id);
}

/** A probe that is slow to end takes longer than this, so that whoever waited for it comes in the next tier. */
const TIER_SECONDS = 0.9;

/** Who was told to stop together, in turn, from the reports as they are on disk. */
function stopOrder(reports: [string, string][]): string[][] {
  const told = reports
    .map(([id, text]) => ({ id, at: Number(/.*"at":"([\d.]+)".*"name":"TERM"/.exec(text)?.[1]) }))
    .toSorted((a, b) => a.at - b.at);
  const tiers: string[][] = [];
  for (const [index, { id, at }] of told.entries()) {
    if (index === 0 || at - told[index - 1]!.at > TIER_SECONDS) tiers.push([]);
    tiers.at(-1)!.push(id);
  }
  return tiers.map((tier) => tier.toSorted());
}

function lines(output: string, marker: string): string[] {
  return output
    .split("\n")
    .filter((line) => line.includes(marker))
    .map((line) => line.replace(/^\S+ \| /, ""))
    .toSorted();
}
