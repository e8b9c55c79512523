import { watch } from "node:fs";
import { AiDockError } from "../errors.ts";
import { Follower } from "./follow.ts";
import { blockFormat, type BlockFormat } from "./format.ts";
import { LineSplitter } from "./lines.ts";
import { listLogs, type LogName } from "./names.ts";
import { lastLines } from "./tail.ts";

/** Events come in bursts; one look serves a whole one. */
const GATHER_MILLISECONDS = 5;

export interface ViewOptions {
  directory: string;
  /** Only these; all without any. */
  names: string[];
  /** Lines of each log to begin with. */
  lines: number;
  follow: boolean;
  format: "prefix" | "plain" | "json";
  /** Changes a name for show, for example by colour. */
  decorate: (name: string) => string;
  write: (bytes: Uint8Array) => void;
  signal: AbortSignal;
}

/**
 * Writes the last lines of the logs and, when following, what is added to them, to logs that appear later
 * too, until aborted. Throws AiDockError for a name that has no log, unless following.
 */
export async function viewLogs(options: ViewOptions): Promise<void> {
  const { directory, names, follow, signal } = options;
  const isWanted = ({ name }: LogName) => names.length === 0 || names.includes(name);
  const all = listLogs(directory);
  if (!follow) requireKnown(names, all);
  const followers = new Map<string, Follower>();
  for (const log of all.filter(isWanted)) followers.set(log.path, showTail(log, options));
  if (!follow) return;
  const look = () => {
    for (const log of listLogs(directory).filter(isWanted)) {
      if (!followers.has(log.path))
        followers.set(log.path, new Follower(log.path, printer(log, options).push));
    }
    for (const follower of followers.values()) follower.drain();
  };
  let pending: Timer | undefined;
  const watcher = watch(directory, () => {
    pending ??= setTimeout(() => {
      pending = undefined;
      look();
    }, GATHER_MILLISECONDS);
  });
  look();
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
  watcher.close();
  clearTimeout(pending);
  for (const follower of followers.values()) follower.close();
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

function showTail(log: LogName, options: ViewOptions): Follower {
  const out = printer(log, options);
  const tail = lastLines(log.path, options.lines);
  if (tail !== undefined) out.push(tail.bytes);
  if (!options.follow) out.end();
  return new Follower(log.path, out.push, tail);
}

function printer(log: LogName, { format, decorate, write }: ViewOptions) {
  const splitter = new LineSplitter();
  const formatBlock =
    format === "json" ? jsonLines(log) : blockFormat(format, decorate(log.name), log.stream);
  const put = (block: Uint8Array) => {
    if (block.byteLength > 0) write(formatBlock(block));
  };
  return { push: (bytes: Uint8Array) => put(splitter.push(bytes)), end: () => put(splitter.end()) };
}

/** Files hold no times, so neither do these objects. */
function jsonLines({ name, stream }: LogName): BlockFormat {
  return (block) => {
    const lines = new TextDecoder().decode(block).split("\n");
    lines.pop();
    return Buffer.from(lines.map((line) => `${JSON.stringify({ name, stream, line })}\n`).join(""));
  };
}
