import { statSync } from "node:fs";
import { dirname } from "node:path";
import { Fault } from "../../control/rpc/method.ts";
import { Follower } from "../../logs/read/follow.ts";
import { findStart } from "../../logs/read/tail.ts";
import { watchDirectory } from "../../logs/read/watch.ts";
import { writeOut } from "../print.ts";
import { type CtlCommand, showHelp } from "./command.ts";
import type { ProcessInfo } from "./status.ts";
import type { Session } from "./session.ts";

const DEFAULT_BYTES = 1600;
/** How much of a followed log is shown first, as supervisord does. */
const FIRST_BYTES = 1024;

const tail: CtlCommand = {
  help: [
    ["tail <name> [stdout|stderr]", `Show the last ${DEFAULT_BYTES} bytes of a log (default stdout)`],
    ["tail -100 <name>", "Show the last 100 bytes"],
    ["tail -f <name>", "Show the end of a log and go on with what comes, until Ctrl-C"],
  ],
  async run(session, args) {
    if (!(await session.isUp())) return;
    if (args.length === 0 || args.length > 3) {
      session.complain(`Error: too ${args.length === 0 ? "few" : "many"} arguments`);
      showHelp(session, tail);
      return;
    }
    const modifier = args[0]?.startsWith("-") ? args[0] : undefined;
    const [name, ...more] = modifier === undefined ? args : args.slice(1);
    if (name === undefined) return session.complain("Error: tail requires process name");
    const channel = (more.at(-1) ?? "stdout").toLowerCase();
    if (channel !== "stdout" && channel !== "stderr")
      return session.complain(`Error: bad channel '${channel}'`);
    const bytes = readModifier(modifier);
    if (bytes === undefined) return session.complain(`Error: bad argument ${modifier}`);
    if (bytes === "follow") return followProcess(session, name, channel);
    const method = channel === "stdout" ? "readProcessStdoutLog" : "readProcessStderrLog";
    return show(session, name, [method, name, -bytes, 0]);
  },
};

/** Reads `-f` or a number of bytes such as `-100`; undefined for anything else. */
function readModifier(modifier: string | undefined): number | "follow" | undefined {
  if (modifier === undefined) return DEFAULT_BYTES;
  if (modifier === "-f") return "follow";
  return /^-\d+$/.test(modifier) ? Number(modifier.slice(1)) : undefined;
}

async function show(session: Session, shown: string, [method, ...params]: [string, ...unknown[]]) {
  const text = await session.callOrTell<string>(words(shown), method, ...params);
  if (text !== undefined) session.output(text);
}

function words(shown: string): Record<number, string> {
  return {
    [Fault.NO_FILE]: `${shown}: ERROR (no log file)`,
    [Fault.FAILED]: `${shown}: ERROR (unknown error reading log)`,
    [Fault.BAD_NAME]: `${shown}: ERROR (no such process name)`,
  };
}

async function followProcess(session: Session, name: string, channel: "stdout" | "stderr"): Promise<void> {
  const info = await session.callOrTell<ProcessInfo>(words(name), "getProcessInfo", name);
  if (info !== undefined) await followLog(session, name, info[`${channel}_logfile`]);
}

/** Shows the end of a log and what is added to the log, through rotation, until Ctrl-C. */
async function followLog(session: Session, name: string, path: string): Promise<void> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    return session.complain(`${name}: ERROR (no log file)`);
  const interrupt = new AbortController();
  const leave = () => interrupt.abort();
  // Before it is offered: else it would end the prompt.
  process.once("SIGINT", leave);
  session.output("==> Press Ctrl-C to exit <==");
  await showLog(path, interrupt.signal);
  process.off("SIGINT", leave);
  session.output("");
}

/** Writes the end of a log and what is added to the log to standard output, until aborted. */
export async function showLog(path: string, signal: AbortSignal): Promise<void> {
  const start = findStart(path, ({ size }) => Math.max(0, size - FIRST_BYTES));
  const follower = new Follower(path, { push: writeOut, end() {} }, start);
  follower.drain();
  await watchDirectory(dirname(path), () => follower.drain(), signal);
  follower.close();
}

const maintail: CtlCommand = {
  help: [
    ["maintail", `Show the last ${DEFAULT_BYTES} bytes of the log of the supervisor`],
    ["maintail -100", "Show the last 100 bytes"],
    ["maintail -f", "Show its end and go on with what comes, until Ctrl-C"],
  ],
  async run(session, args) {
    if (!(await session.isUp())) return;
    if (args.length > 1) {
      session.complain("Error: too many arguments");
      showHelp(session, maintail);
      return;
    }
    const bytes = readModifier(args[0]);
    if (bytes === undefined) return session.complain(`Error: bad argument ${args[0]}`);
    if (bytes === "follow")
      return followLog(session, "supervisord", await session.call<string>("getLogPath"));
    return show(session, "supervisord", ["readLog", -bytes, 0]);
  },
};

export const tailCommands: Record<string, CtlCommand> = { tail, maintail };
