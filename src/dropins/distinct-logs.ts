import { type FileLog, logFile, type LogSpec, type ProgramSpec } from "../programs/spec.ts";

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
