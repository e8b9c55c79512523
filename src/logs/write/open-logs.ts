import { closeSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import { openLog } from "./trusted-path.ts";

/** A log that can be closed at any time: its next byte opens it again. */
export interface Closable {
  close(): void;
}

/** The regular files among the logs that are open. */
const open = new Set<Closable>();

/** Opens a log as openLog() does; where too many files are open, the other logs give theirs up. */
export function openScarceLog(path: string): number {
  try {
    return openLog(path);
  } catch (error) {
    if (errnoOf(error) !== "EMFILE" || open.size === 0) throw error;
    for (const log of open) log.close();
    return openLog(path);
  }
}

/** The log may be closed for others from now on, until closeLog(). */
export function noteOpen(log: Closable): void {
  open.add(log);
}

/** Closes the descriptor of a log. */
export function closeLog(log: Closable, fd: number): void {
  open.delete(log);
  try {
    closeSync(fd);
  } catch {
    // NFS reports earlier write errors at close(2), when nothing can be done about them any more.
  }
}
