import { readdirSync } from "node:fs";
import type { OutputStream } from "./format.ts";

/** A log in the log directory: one stream of a program, or of the boot. */
export interface LogName {
  name: string;
  stream: OutputStream;
  path: string;
}

/** The logs of a directory, by name; none when there is no directory. */
export function listLogs(directory: string): LogName[] {
  let files: string[];
  try {
    // Docker makes a folder for a file that is to be mounted and is not there.
    const entries = readdirSync(directory, { withFileTypes: true });
    files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
  // A log exists also while it has generations only: for a moment in every rotation.
  const bases = new Set(files.map(logBase).filter((base) => base !== undefined));
  return [...bases].toSorted().map((base) => logName(directory, base));
}

/** The log that a file of the directory belongs to: NAME.log or NAME.error.log, with its generations. */
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
