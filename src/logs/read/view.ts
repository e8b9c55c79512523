import { accessSync, constants } from "node:fs";
import { AiDockError, errnoOf } from "../../errors.ts";
import { Follower } from "./follow.ts";
import type { OutputFormat } from "../format.ts";
import { mergeByTime } from "./merge.ts";
import { listLogs, logOf, type LogName } from "../names.ts";
import { type Printer, Screen } from "./printer.ts";
import { startOfMoment } from "./since.ts";
import { laterOf, type Start, startOfAll, startOfLines } from "./tail.ts";
import { type Changes, watchDirectory } from "./watch.ts";

export interface ViewOptions {
  directory: string;
  /** Names to show; empty means all. */
  names: string[];
  /** Lines of each log to begin with; Infinity for all. */
  lines: number;
  /** Begin with lines written since this moment (epoch milliseconds), at most the last `lines` of them. */
  since?: number;
  follow: boolean;
  format: OutputFormat;
  /** Decorates a name for display, for example by colour. */
  decorate: (name: string) => string;
  /** Must be done with the bytes when it returns. */
  write: (bytes: Uint8Array) => void;
  /** Columns of the terminal, to redraw an unfinished line in its place; 0 where there is none. */
  columns?: number;
  unfinishedMs?: number;
  /** Ends following. */
  signal?: AbortSignal;
}

interface View {
  path: string;
  start: Start;
  follower: Follower;
  printer: Printer;
}

/**
 * Writes the last lines of the logs and, when following, every line added to them and to logs that appear later, until
 * aborted. Throws AiDockError for a name without a log, unless following, and when no log may be read (EACCES).
 */
export async function viewLogs(options: ViewOptions): Promise<void> {
  const { directory, names, follow } = options;
  const isWanted = ({ name }: LogName) => names.length === 0 || names.includes(name);
  const all = listLogs(directory);
  if (!follow) requireKnown(names, all);
  requireReadable(all.filter(isWanted));
  const views = new Map<string, View>();
  const screen = new Screen({ ...options, columns: options.columns ?? 0 });
  const open = (log: LogName, start: Start) => views.set(log.path, openView(log, start, screen, options));
  for (const log of all.filter(isWanted)) open(log, startOf(log, options));
  showStarts([...views.values()]);
  if (!follow) {
    for (const { printer, follower } of views.values()) {
      printer.end();
      follower.close();
    }
    return;
  }
  await watchDirectory(
    directory,
    (changes) => {
      for (const log of changedLogs(directory, changes).filter(isWanted)) {
        if (!views.has(log.path)) open(log, startOfAll(log.path));
        views.get(log.path)?.follower.drain();
      }
    },
    options.signal ?? new AbortController().signal,
  );
  for (const { follower } of views.values()) follower.close();
}

function openView(log: LogName, start: Start, screen: Screen, { format, decorate }: ViewOptions): View {
  const printer = screen.printer(format === "prefix" ? { ...log, name: decorate(log.name) } : log);
  return { path: log.path, start, printer, follower: new Follower(log.path, printer, start) };
}

function startOf({ path }: LogName, { lines, since }: ViewOptions): Start {
  if (since === undefined)
    return lines === Number.POSITIVE_INFINITY ? startOfAll(path) : startOfLines(path, lines);
  const start = startOfMoment(path, since);
  return lines === Number.POSITIVE_INFINITY ? start : laterOf(start, startOfLines(path, lines));
}

/** Shows the first lines of several logs in the order of their times, as far as the times are known. */
function showStarts(views: View[]): void {
  if (views.length > 1) {
    for (const { log, inode, end } of mergeByTime(views)) log.follower.readUntil(inode, end);
  }
  for (const { follower } of views) follower.drain();
}

function changedLogs(directory: string, changes: Changes): LogName[] {
  if (changes === "all") return listLogs(directory);
  const logs = [...changes].map((file) => logOf(directory, file)).filter((log) => log !== undefined);
  return [...new Map(logs.map((log) => [log.path, log])).values()];
}

function requireKnown(names: string[], all: LogName[]): void {
  const known = [...new Set(all.map(({ name }) => name))];
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new AiDockError(`No such log: expected one of ${known.join(", ") || "none"}, got "${name}"`, {
      code: "E_NO_SUCH_LOG",
    });
  }
}

/** Throws when every log is closed to this user; single ones are left out silently. */
function requireReadable(logs: LogName[]): void {
  const answers = new Set(logs.map(({ path }) => accessTo(path)));
  if (!answers.has("EACCES") || answers.has("ok")) return;
  throw new AiDockError("No access: these logs may be read by root only", {
    code: "E_NO_ACCESS",
    hint: "Try docker exec --user 0",
  });
}

function accessTo(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK);
    return "ok";
  } catch (error) {
    return errnoOf(error);
  }
}
