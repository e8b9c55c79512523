/** Where one output stream of a program goes, besides the container's own output. */
export type LogSpec =
  /** A file, rotated to PATH.1 … PATH.backups when it reaches maxBytes (0: never). */
  | { kind: "file"; path: string; maxBytes: number; backups: number }
  /** Only the container's output (supervisord's `/dev/stdout`, `/dev/fd/1`, `/dev/stderr`). */
  | { kind: "container" }
  /** Nowhere (supervisord's `NONE`). */
  | { kind: "none" };

export type FileLog = Extract<LogSpec, { kind: "file" }>;

/** What tells from outside that a process does its work. */
export type ProbeSpec =
  | { kind: "tcp"; host: string; port: number }
  | { kind: "http"; url: string }
  | { kind: "exec"; command: string[] }
  | { kind: "log"; pattern: RegExp };

/** When a RUNNING program counts as ready; without one it is ready as soon as it is RUNNING. */
export type ReadySpec =
  | ProbeSpec
  /** By what observes the process. */
  | { kind: "observed" };

/** How a program that hangs is found out. */
export interface AliveSpec {
  probe: ProbeSpec;
  /** Between two checks, in seconds; for a log pattern, in which a line has to match. */
  interval: number;
  /** What a check may take, in seconds. */
  timeout: number;
  /** So many failed checks in a row mean that the program hangs. */
  failures: number;
}

/** Docker's defaults of HEALTHCHECK: a program that answers nobody for two minutes, and then goes on, is left alone. */
export const aliveDefaults = { interval: 30, timeout: 30, failures: 3 } as const;

export type FactValue = string | number | boolean | null | FactValue[];

/** What an observer can tell of a process while it runs; afterwards nothing of it counts any more. */
export interface Observed {
  /** Aborted when the process has ended. */
  readonly over: AbortSignal;
  /** For the readiness `observed`: whether it does its work; may change while it runs. */
  ready(this: void, ready: boolean): void;
  /** One line for `status` on how it fares; null takes it back. */
  note(this: void, text: string | null): void;
  /** Something that other commands ask for by name. */
  fact(this: void, name: string, value: FactValue): void;
}

/** Why a process ended; `fatal`: no further attempt can change that. */
export interface Explanation {
  reason: string;
  fatal?: boolean;
}

/** Knows a program better than its exit code tells. */
export interface Observer {
  /** Sees every chunk of its output. */
  onOutput?(this: void, chunk: Uint8Array): void;
  /** Figures for metrics that cost a question to the process; asked for only when somebody collects them. */
  measure?(): Promise<Record<string, number>>;
  /** Asked before it is started again; whatever its end has left can be put in order meanwhile. */
  explain?(exit: {
    code: number | null;
    signal: string | null;
  }): Explanation | undefined | Promise<Explanation | undefined>;
}

/** Whom a stop ends besides the process itself; the names are systemd's KillMode. */
export type KillMode =
  /** Every descendant, double-forked and setsid ones included. */
  | "control-group"
  /** The process alone (and its group where stopasgroup or killasgroup say so): ssh sessions outlive sshd. */
  | "process";

export type ProgramOrigin =
  | { kind: "builtin" }
  | { kind: "file"; file: string; line: number; section: string }
  /** Added while the container runs; no configuration lists it. */
  | { kind: "runtime" };

/**
 * What a program is: the supervisor knows nothing else about it, built-in or drop-in.
 * Field names and semantics are supervisord's `[program:x]` keys in camel case.
 */
export interface ProgramSpec {
  /** Process name, unique within the group. */
  name: string;
  /** Group name; equal to `name` for a program on its own. */
  group: string;
  /** Further names it answers to. */
  aliases: string[];
  /** argv; found on PATH when the first word holds no slash. */
  command: string[];
  /** Set when the command line cannot be split; a start then fails with this text. */
  commandError?: string;
  directory?: string;
  /** User name or numeric id; with all supplementary groups of that user. */
  user?: string;
  umask?: number;
  /** Added to (and overriding) the boot environment. */
  environment: Record<string, string>;
  /** When set, the whole environment instead of the boot environment, for programs that log theirs. */
  onlyEnvironment?: boolean;
  autostart: boolean;
  autorestart: boolean | "unexpected";
  /** Seconds a process must stay up to count as RUNNING; 0 counts at once. */
  startsecs: number;
  /** Attempts after the first that failed; infinite for what only has to wait for the world. */
  startretries: number;
  exitcodes: number[];
  /** Signal name without SIG, for example `TERM`. */
  stopsignal: string;
  /** Seconds between the stop signal and SIGKILL. */
  stopwaitsecs: number;
  stopasgroup: boolean;
  killasgroup: boolean;
  killMode: KillMode;
  /** Lower starts first and stops last. */
  priority: number;
  /** Counts instead of `priority` at a stop. */
  stopPriority?: number;
  /** Priority of its group, where `[group:x]` gives one; compared before `priority`. */
  groupPriority?: number;
  stdout: LogSpec;
  /** `"stdout"` joins stderr to stdout (redirect_stderr). */
  stderr: LogSpec | "stdout";
  /** False: what goes to a log file, or nowhere, is not copied to the container's output. */
  containerCopy?: boolean;
  /** How much of its output the container's own takes; a flood fills its disk otherwise. */
  containerLimit?: { burstBytes: number; bytesPerSecond: number };
  dependsOn: string[];
  ready?: ReadySpec;
  /** Without one a program that runs is taken to do its work. */
  alive?: AliveSpec;
  webPort?: number;
  /** Where the program listens, when that is not the port that its users come to. */
  webListenPort?: number;
  webName?: string;
  /** The name that the program is told as Host and Origin of requests, instead of the one that browsers use. */
  webHost?: string;
  /** What other commands ask for by name, whether a process runs or not; an observer may add to that. */
  facts?: Record<string, FactValue>;
  /** Starts before the scripts of the boot, as AI_DOCK_EARLY may say as well. */
  early?: boolean;
  /** Why it is not started at boot; shown by `status`. A start by request is still possible. */
  skipped?: string;
  /**
   * Run before a start at boot or by request (not before a restart after a crash): makes what the
   * process needs, or returns why it cannot start in this container; it then stays STOPPED.
   */
  prepare?: () => Promise<string | undefined>;
  /** Called with every start of the process, just before it. */
  observe?: (observed: Observed) => Observer;
  /** Further open files of the process, which it finds from descriptor 3 on; asked with every start, after `observe`. */
  inherit?: () => readonly number[];
  /**
   * Finishes what must not be cut off, before the stop signal; aborted when its part of the stop's time
   * is over.
   */
  beforeStop?: (signal: AbortSignal) => Promise<void>;
  /**
   * Gives a process that runs the environment of now where that needs no restart: makes what the process reads and
   * returns the signal that it wants, if any.
   */
  refresh?: () => Promise<string | undefined>;
  /** Takes away what outlives the process, once the program is not needed any more. */
  release?: () => void;
  /** Changes with what the process reads besides its command line and environment; an update then restarts it. */
  fingerprint?: string;
  origin: ProgramOrigin;
}

export const MEGABYTE = 1024 * 1024;
export const LOG_DIRECTORY = "/var/log/supervisor";

/** supervisord's defaults for a program that names nothing but its command. */
export const programDefaults = {
  aliases: [],
  environment: {},
  autostart: true,
  autorestart: "unexpected",
  startsecs: 1,
  startretries: 3,
  exitcodes: [0],
  stopsignal: "TERM",
  stopwaitsecs: 10,
  stopasgroup: false,
  killasgroup: false,
  killMode: "control-group",
  priority: 999,
  dependsOn: [],
} as const satisfies Partial<ProgramSpec>;

/** The rotated file that belongs to a program's stream. */
export function logFile(name: string, stream: "stdout" | "stderr" = "stdout"): FileLog {
  const path = `${LOG_DIRECTORY}/${name}${stream === "stderr" ? ".error" : ""}.log`;
  return { kind: "file", path, maxBytes: 50 * MEGABYTE, backups: 10 };
}
