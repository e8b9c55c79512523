import { readdirSync } from "node:fs";
import type { OutputStream } from "./format.ts";

/** A log in the log directory: one stream of a program, or of the boot. */
export interface LogName {
  name: string;
  stream: OutputStream;
  path: string;
}

/** Lists the logs of a directory by name; none where there is no directory. */
export function listLogs(directory: string): LogName[] {
  let files: string[];
  try {
    // Docker makes a directory in place of a missing file that is to be mounted.
    const entries = readdirSync(directory, { withFileTypes: true });
    files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
  // During a rotation a log has generations only, for a moment.
  const bases = new Set(files.map(logBase).filter((base) => base !== undefined));
  return [...bases].toSorted().map((base) => logName(directory, base));
}

/** Returns the log that a file belongs to: NAME.log or NAME.error.log, or one of their generations. */
export function logOf(directory: string, file: string): LogName | undefined {
  const base = logBase(file);
  return base === undefined ? undefined : logName(directory, base);
}

function logBase(file: string): string | undefined {
  return /^(.+)\.log(?:\.\d+)?$/.exec(file)?.[1];
}

function logName(directory: string, base: string): LogName {
  const name = base.replace(/(?<=.)\.error$/, "");
  return { name, stream: name === base ? "stdout" : "stderr", path: `${directory}/${base}.log` };
}
