import { homedir } from "node:os";
import { resolve } from "node:path";
import {
  type FileLog,
  LOG_DIRECTORY,
  type LogSpec,
  MEGABYTE,
  type ProgramSpec,
  logFile,
} from "../programs/spec.ts";
import type { Variables } from "./python/percent.ts";
import type { SectionReader } from "./reader.ts";
import { amount, boolean, byteSize } from "./values.ts";

type Stream = "stdout" | "stderr";

/** Files that mean the container's own output, which every program has anyway. */
const CONTAINER = /^\/(?:dev\/(?:stdout|stderr|fd\/[12]|tty|console)|proc\/(?:self|1)\/fd\/[12])$/;

/**
 * Reads where a stream of the program goes. `AUTO` and a missing key mean /var/log/supervisor/NAME.log; relative paths
 * start in that directory. Missing directories are made when the log is opened.
 */
export function readLog(
  reader: SectionReader,
  names: Variables,
  stream: Stream,
  programName: string,
): LogSpec {
  const key = `${stream}_logfile`;
  const maxBytes = reader.get(`${key}_maxbytes`, names, byteSize, 50 * MEGABYTE);
  const backups = reader.get(`${key}_backups`, names, amount, 10);
  if (reader.get(`${stream}_syslog`, names, boolean, false)) warnUnused(reader, `${stream}_syslog`);
  const path = reader.get(key, names, (text) => text, "auto");
  switch (path.toLowerCase()) {
    case "":
    case "none":
    case "off":
    case "/dev/null":
      return { kind: "none" };
    case "auto":
      return { ...logFile(programName, stream), maxBytes, backups };
    case "syslog":
      reader.warn(key, {
        expected: "a file",
        got: '"syslog", which is not supported',
        text: "the container log has the output",
      });
      return { kind: "container" };
  }
  if (CONTAINER.test(path)) return { kind: "container" };
  return { kind: "file", path: resolve(LOG_DIRECTORY, expandHome(path)), maxBytes, backups };
}

/** Reads where stderr goes; "stdout" with redirect_stderr. */
export function readStderr(reader: SectionReader, names: Variables, programName: string): LogSpec | "stdout" {
  const stderr = readLog(reader, names, "stderr", programName);
  if (!reader.get("redirect_stderr", names, boolean, false)) return stderr;
  const path = reader.raw("stderr_logfile");
  if (path !== undefined && stderr.kind === "file" && path.toLowerCase() !== "auto") {
    reader.warn("stderr_logfile", {
      expected: "none because redirect_stderr is true",
      text: "it is ignored",
    });
  }
  return "stdout";
}

const EVENT_KEYS = ["stdout_events_enabled", "stderr_events_enabled"];
const CAPTURE_KEYS = ["stdout_capture_maxbytes", "stderr_capture_maxbytes"];

/** Warns of keys for supervisord's event listeners, which are not supported. */
export function checkEventKeys(reader: SectionReader, names: Variables): void {
  for (const key of EVENT_KEYS) {
    if (reader.get(key, names, boolean, false)) warnUnused(reader, key);
  }
  for (const key of CAPTURE_KEYS) {
    if (reader.get(key, names, byteSize, 0) > 0) warnUnused(reader, key);
  }
}

function warnUnused(reader: SectionReader, key: string): void {
  reader.warn(key, { text: "has no effect here; it is ignored, in every program" }, `unused ${key}`);
}

function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? homedir() + path.slice(1) : path;
}

/**
 * Gives each program its own default log file: processes of one name in different groups would share one. Files that
 * the configuration names stay as they are.
 */
export function distinctLogs(programs: ProgramSpec[]): ProgramSpec[] {
  const names = new Set<string>();
  const shared = new Set(programs.flatMap(({ name }) => (names.size === names.add(name).size ? [name] : [])));
  if (shared.size === 0) return programs;
  const taken = new Set<string>();
  return programs.map((spec) => {
    if (!shared.has(spec.name)) return spec;
    const clashes = defaultFiles(spec).some((path) => taken.has(path));
    const distinct = clashes ? { ...spec, ...renamed(spec) } : spec;
    for (const path of defaultFiles(distinct)) taken.add(path);
    return distinct;
  });
}

function renamed({ name, group, stdout, stderr }: ProgramSpec): Pick<ProgramSpec, "stdout" | "stderr"> {
  const rename = (log: LogSpec, stream: "stdout" | "stderr"): LogSpec =>
    isDefault(log, name, stream) ? { ...log, path: logFile(`${group}-${name}`, stream).path } : log;
  return {
    stdout: rename(stdout, "stdout"),
    stderr: stderr === "stdout" ? stderr : rename(stderr, "stderr"),
  };
}

/** Paths of the streams whose file the configuration does not name. */
function defaultFiles({ name, stdout, stderr }: ProgramSpec): string[] {
  const paths: string[] = [];
  if (isDefault(stdout, name, "stdout")) paths.push(stdout.path);
  if (stderr !== "stdout" && isDefault(stderr, name, "stderr")) paths.push(stderr.path);
  return paths;
}

function isDefault(log: LogSpec, name: string, stream: "stdout" | "stderr"): log is FileLog {
  return log.kind === "file" && log.path === logFile(name, stream).path;
}
