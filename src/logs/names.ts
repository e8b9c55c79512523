import { readdirSync } from "node:fs";
import type { OutputStream } from "./format.ts";

/** A log in the log directory: one stream of a program, or of the boot. */
export interface LogName {
  name: string;
  stream: OutputStream;
  path: string;
}

/** The logs of a directory by name: NAME.log, and NAME.error.log for standard error. */
export function listLogs(directory: string): LogName[] {
  let files: string[];
  try {
    files = readdirSync(directory);
  } catch {
    return [];
  }
  return files
    .filter((file) => file.endsWith(".log"))
    .toSorted()
    .map((file) => {
      const base = file.slice(0, -".log".length);
      const stream = base.endsWith(".error") ? "stderr" : "stdout";
      return { name: base.replace(/\.error$/, ""), stream, path: `${directory}/${file}` };
    });
}
