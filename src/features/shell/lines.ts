import { lstatSync } from "node:fs";
import { isCompat } from "../../env/flavour.ts";
import { messageOf } from "../../errors.ts";
import { readIfExists } from "../../sys/fs.ts";
import { linesOf } from "./block.ts";

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_OTHERS = 0o002;

/** The lines of a file that nobody but root can have written; in the compat flavour also who may become root anyway. */
export function storedLines(
  file: string,
  env: Record<string, string>,
  warn: (problem: string) => void,
): string {
  try {
    const info = lstatSync(file, { throwIfNoEntry: false });
    if (info?.isFile() !== true) return "";
    const closed = WRITABLE_BY_OTHERS | (isCompat(env) ? 0 : WRITABLE_BY_GROUP);
    if ((info.uid === 0 || info.uid === process.geteuid?.()) && (info.mode & closed) === 0)
      return linesOf(readIfExists(file) ?? "");
    const got = `mode ${(info.mode & 0o7777).toString(8)} of user ${info.uid}`;
    warn(`"${file}": expected a file that root alone can write to, got ${got}; what it stores is not read`);
  } catch (error) {
    warn(`"${file}": ${messageOf(error)}; what it stores is not read`);
  }
  return "";
}
