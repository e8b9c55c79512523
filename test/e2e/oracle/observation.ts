/** One line of the probe's report (test/fixtures/oracle-probe.pl); all values are text. */
export type Report =
  | (Record<string, string> & { event: "signal"; who: string; name: string; at: string })
  | (Record<string, string> & { event: "child" | "ready"; pid: string })
  | Start;

export interface Start {
  event: "start";
  argv: string[];
  env: Record<string, string>;
  uid: string;
  gid: string;
  groups: string[];
  cwd: string;
  umask: string;
  fds: Record<string, string>;
  joined: string;
  stdin: string;
  limits: Record<string, string>;
  nice: string;
  oom: string;
  blocked: string;
  ignored: string;
  ownGroup: string;
  ownSession: string;
  pid: string;
}

/** Epoch times in milliseconds. */
export interface Span {
  from: number;
  to: number;
}

/** What was seen of one process (GROUP:NAME) on one side. */
export interface Process {
  /** Every state in turn. */
  states: string[];
  /** How its processes ended by themselves, in turn: an exit code, or a signal's name. */
  ends: (number | string)[];
  /** How it ended when it was stopped. */
  stopEnd: number | string | null;
  /** Why it could not be started, in words. */
  errors: string[];
  /** Process ids in the order of starts. */
  pids: number[];
  reports: Report[];
  /** From the end of a process by itself to the start of the next one. */
  waits: Span[];
}

/** Notes a start or an end of a process at an epoch time in milliseconds. */
export function noteTime(process: Process & { endedAt?: number }, what: "start" | "end", at: number): void {
  if (what === "start" && process.endedAt !== undefined)
    process.waits.push({ from: process.endedAt, to: at });
  if (what === "end") process.endedAt = at;
  else delete process.endedAt;
}

/** Everything that was seen on one side. */
export interface Observation {
  processes: Map<string, Process>;
  /** Files of /logs and of the folder for default logs, and their content. */
  logs: Map<string, string>;
  /** Standard output of the container. */
  output: string;
  /** Children of probes that were alive after the last step. */
  survivors: Set<string>;
  /** When a program of the container had no processor. */
  stalls: Span[];
  /** The rows that were refused. */
  refused: Set<string>;
  /** The reports by GROUP:NAME as they were when the container had stopped. */
  atStop: Map<string, string>;
  /** Of the container after SIGTERM. */
  exitCode: number;
}

/** What is compared of a row. */
export type Aspect =
  | "refused"
  | "names"
  | "starts"
  | "states"
  | "ends"
  | "waits"
  | "stop ends"
  | "errors"
  | "order"
  | "argv"
  | "environment"
  | "identity"
  | "cwd"
  | "umask"
  | "descriptors"
  | "limits"
  | "signal state"
  | "signals"
  | "stop order"
  | "survivors"
  | "logs"
  | "output";
