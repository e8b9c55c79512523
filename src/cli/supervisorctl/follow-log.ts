import { statSync } from "node:fs";
import { dirname } from "node:path";
import { Follower } from "../../logs/read/follow.ts";
import { findStart } from "../../logs/read/tail.ts";
import { watchDirectory } from "../../logs/read/watch.ts";
import { writeOut } from "../print.ts";
import type { Session } from "./session.ts";

/** How much of what was there is shown first, as supervisord does. */
const FIRST_BYTES = 1024;

/** Shows the end of a log and what is added to it, through rotation, until Ctrl-C. */
export async function followLog(session: Session, name: string, path: string): Promise<void> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    return session.complain(`${name}: ERROR (no log file)`);
  session.output("==> Press Ctrl-C to exit <==");
  const interrupt = new AbortController();
  const leave = () => interrupt.abort();
  process.once("SIGINT", leave);
  await showLog(path, interrupt.signal);
  process.off("SIGINT", leave);
  session.output("");
}

/** Writes the end of a log and what is added to it to standard output, until aborted. */
export async function showLog(path: string, signal: AbortSignal): Promise<void> {
  const start = findStart(path, ({ size }) => Math.max(0, size - FIRST_BYTES));
  const follower = new Follower(path, { push: writeOut, end() {} }, start);
  follower.drain();
  await watchDirectory(dirname(path), () => follower.drain(), signal);
  follower.close();
}
