import type { BehaviourDifference } from "../../oracle/differences.ts";
import type { Aspect } from "./observation.ts";

/** What both sides are told to do to a row: a verb of supervisorctl, and the state that ends it. */
export interface Step {
  verb: "start" | "stop" | "restart" | `signal ${string}`;
  until: string | { signals: number };
}

/** One configuration whose programs run under supervisord and under us. */
export interface Row {
  /** Its program's name, and the first part (up to a dot) of the names of all its programs and groups. */
  name: string;
  text: string;
  /** The state (or one of two, as "A|B") its processes settle in, or how often the first one is started until then. */
  until: string | { starts: number };
  /** True when supervisord refuses the whole configuration; it is then given to it alone. */
  refused: boolean;
  steps: Step[];
  /** Aspects in which the two sides must differ, and why. */
  differs: Partial<Record<Aspect, BehaviourDifference>>;
}

const PROBE = "/fixtures/oracle-probe.pl";

/**
 * A row. `$P` stands for the probe. Without a section header the text is the keys of one program, which logs
 * into /logs unless the keys say otherwise.
 */
export function row(name: string, text: string, options: Partial<Omit<Row, "name" | "text">> = {}): Row {
  const keys = /^\uFEFF?\[/.test(text) ? text : `[program:${name}]\n${text}\n${logs(text)}`;
  return {
    name,
    text: keys.replaceAll("$P", PROBE),
    until: "RUNNING",
    refused: false,
    steps: [],
    differs: {},
    ...options,
  };
}

/** All these aspects differ for one reason. */
export function under(reason: BehaviourDifference, ...aspects: Aspect[]): Row["differs"] {
  return Object.fromEntries(aspects.map((aspect) => [aspect, reason]));
}

/** What is seen of a process only where it was started. */
const OF_STARTED = [
  "argv",
  "environment",
  "identity",
  "cwd",
  "umask",
  "descriptors",
  "limits",
  "signal state",
] as const satisfies Aspect[];

/** It runs with us, and does not with supervisord. */
export function onlyOurs(reason: BehaviourDifference, ...aspects: Aspect[]): Partial<Row> {
  return {
    until: "RUNNING|FATAL",
    differs: under(reason, "states", "errors", "logs", ...OF_STARTED, ...aspects),
  };
}

function logs(keys: string): string {
  const stdout = keys.includes("stdout_logfile=") ? "" : "stdout_logfile=/logs/%(program_name)s.out\n";
  const stderr = keys.includes("stderr_logfile=") ? "" : "stderr_logfile=/logs/%(program_name)s.err\n";
  return stdout + stderr;
}

/** A configuration that supervisord refuses: the rest of the world must run all the same. */
export function refused(name: string, text: string): Row {
  return row(name, text, { refused: true });
}

/** True for the groups and programs that are the row's own. */
export function belongsTo({ name }: Row, group: string): boolean {
  return group === name || group.startsWith(`${name}.`);
}
