import { Fault } from "../../control/rpc/method.ts";
import { type CtlCommand, showHelp } from "./command.ts";
import { followLog } from "./follow-log.ts";
import type { ProcessInfo } from "./status.ts";
import { CallFault, type Session } from "./session.ts";

const DEFAULT_BYTES = 1600;

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

/** How much to show: `-f`, `-100`; undefined for anything else. */
function readModifier(modifier: string | undefined): number | "follow" | undefined {
  if (modifier === undefined) return DEFAULT_BYTES;
  if (modifier === "-f") return "follow";
  return /^-\d+$/.test(modifier) ? Number(modifier.slice(1)) : undefined;
}

async function show(
  session: Session,
  shown: string,
  [method, ...params]: [string, ...unknown[]],
): Promise<void> {
  try {
    session.output(await session.call<string>(method, ...params));
  } catch (error) {
    const word = error instanceof CallFault ? words[error.code] : undefined;
    if (word === undefined) throw error;
    session.complain(`${shown}: ERROR (${word})`);
  }
}

const words: Record<number, string> = {
  [Fault.NO_FILE]: "no log file",
  [Fault.FAILED]: "unknown error reading log",
  [Fault.BAD_NAME]: "no such process name",
};

async function followProcess(session: Session, name: string, channel: "stdout" | "stderr"): Promise<void> {
  try {
    const info = await session.call<ProcessInfo>("getProcessInfo", name);
    await followLog(session, name, channel === "stdout" ? info.stdout_logfile : info.stderr_logfile);
  } catch (error) {
    const word = error instanceof CallFault ? words[error.code] : undefined;
    if (word === undefined) throw error;
    session.complain(`${name}: ERROR (${word})`);
  }
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
