import { signalNumber } from "../../src/sys/children.ts";
import { lookupUser } from "../../src/sys/users.ts";
import { logFile, type LogSpec, type ProgramSpec } from "../../src/programs/spec.ts";

export interface LogView {
  path: string;
  maxBytes: number;
  backups: number;
}

/** One process as both sides can describe it. */
export interface ProcessView {
  group: string;
  groupPriority: number;
  name: string;
  /** The words of the command, or why it cannot be split. */
  argv: string[] | string;
  directory: string | null;
  uid: number | null;
  umask: number | null;
  environment: Record<string, string>;
  serverUrl: string | null;
  priority: number;
  autostart: boolean;
  autorestart: boolean | "unexpected";
  startsecs: number;
  startretries: number;
  exitcodes: number[];
  stopsignal: number;
  stopwaitsecs: number;
  stopasgroup: boolean;
  killasgroup: boolean;
  redirectStderr: boolean;
  stdout: LogView | null;
  stderr: LogView | null;
}

/** What supervisord answers for a configuration. */
export type Answer = { refused: string } | { processes: ProcessView[] };

/** Our reading of a process, in supervisord's terms. */
export function viewOf(spec: ProgramSpec): ProcessView {
  const { SUPERVISOR_SERVER_URL: serverUrl = null, ...environment } = spec.environment;
  return {
    group: spec.group,
    groupPriority: spec.groupPriority ?? spec.priority,
    name: spec.name,
    argv: spec.commandError?.replace(/^can't parse command .*: /s, "") ?? spec.command,
    directory: spec.directory ?? null,
    uid: spec.user === undefined ? null : (lookupUser(spec.user)?.uid ?? Number.NaN),
    umask: spec.umask ?? null,
    environment,
    serverUrl,
    priority: spec.priority,
    autostart: spec.autostart,
    autorestart: spec.autorestart,
    startsecs: spec.startsecs,
    startretries: spec.startretries,
    exitcodes: spec.exitcodes,
    stopsignal: signalNumber(spec.stopsignal) ?? Number.NaN,
    stopwaitsecs: spec.stopwaitsecs,
    stopasgroup: spec.stopasgroup,
    killasgroup: spec.killasgroup,
    redirectStderr: spec.stderr === "stdout",
    stdout: logView(spec.stdout, defaultPaths(spec, "stdout")),
    stderr: spec.stderr === "stdout" ? null : logView(spec.stderr, defaultPaths(spec, "stderr")),
  };
}

/** What AUTO becomes: the group is part of it where names would clash. */
function defaultPaths({ name, group }: ProgramSpec, stream: "stdout" | "stderr"): string[] {
  return [name, `${group}-${name}`].map((base) => logFile(base, stream).path);
}

function logView(log: LogSpec, automatic: string[]): LogView | null {
  if (log.kind === "none") return null;
  if (log.kind === "container") return { path: "container", maxBytes: 0, backups: 0 };
  const { path, maxBytes, backups } = log;
  return { path: automatic.includes(path) ? "AUTO" : path, maxBytes, backups };
}

const CONTAINER = new Set(["/dev/stdout", "/dev/stderr", "/dev/fd/1", "/dev/fd/2"]);

/** supervisord's reading with what means the same written the same way. */
export function normalised(process: ProcessView): ProcessView {
  const log = (view: LogView | null): LogView | null => {
    if (view === null || view.path === "" || view.path === "/dev/null") return null;
    if (CONTAINER.has(view.path)) return { path: "container", maxBytes: 0, backups: 0 };
    return { ...view, maxBytes: Math.max(0, view.maxBytes), backups: Math.max(0, view.backups) };
  };
  return {
    ...process,
    argv: process.argv.length === 0 ? "command is empty" : process.argv,
    serverUrl: process.serverUrl === "" ? null : process.serverUrl,
    umask: process.umask === null ? null : process.umask & 0o777,
    startsecs: Math.max(0, process.startsecs),
    startretries: Math.max(0, process.startretries),
    stopwaitsecs: Math.max(0, process.stopwaitsecs),
    stdout: log(process.stdout),
    stderr: log(process.stderr),
  };
}
