import { Fault } from "../../control/rpc/method.ts";
import { bulk, type BulkAction } from "./bulk.ts";
import { type CtlCommand, showHelp } from "./command.ts";
import { Exit, type Session } from "./session.ts";

const start: BulkAction = {
  one: "startProcess",
  group: "startProcessGroup",
  all: "startAllProcesses",
  done: "started",
  words: {
    [Fault.BAD_NAME]: "no such process",
    [Fault.NO_FILE]: "no such file",
    [Fault.NOT_EXECUTABLE]: "file is not executable",
    [Fault.ALREADY_STARTED]: "already started",
    [Fault.SPAWN_ERROR]: "spawn error",
    [Fault.ABNORMAL_TERMINATION]: "abnormal termination",
  },
  harmless: Fault.ALREADY_STARTED,
  unknownGroupExit: Exit.invalidArguments,
};

const stop: BulkAction = {
  one: "stopProcess",
  group: "stopProcessGroup",
  all: "stopAllProcesses",
  done: "stopped",
  words: { [Fault.BAD_NAME]: "no such process", [Fault.NOT_RUNNING]: "not running" },
  harmless: Fault.NOT_RUNNING,
};

const signal: BulkAction = {
  one: "signalProcess",
  group: "signalProcessGroup",
  all: "signalAllProcesses",
  done: "signalled",
  words: { ...stop.words, [Fault.BAD_SIGNAL]: "bad signal name" },
};

const clear: BulkAction = {
  one: "clearProcessLogs",
  all: "clearAllProcessLogs",
  done: "cleared",
  words: { [Fault.BAD_NAME]: "no such process", [Fault.FAILED]: "failed" },
};

function rows(verb: string, does: string): CtlCommand["help"] {
  return [
    [`${verb} <name>…`, `${does} processes`],
    [`${verb} <group>:*`, `${does} all processes of a group`],
    [`${verb} all`, `${does} all processes`],
  ];
}

/** Defines a command on the processes that its words name. */
function onProcesses(
  verb: string,
  help: CtlCommand["help"],
  run: (session: Session, names: string[]) => Promise<void>,
  withoutNames: number = Exit.generic,
): CtlCommand {
  const command: CtlCommand = {
    help,
    async run(session, names) {
      if (!(await session.isUp())) return;
      if (names.length > 0) return run(session, names);
      session.complain(`Error: ${verb} requires a process name`, withoutNames);
      showHelp(session, command);
    },
  };
  return command;
}

const signalCommand: CtlCommand = {
  help: rows("signal <signal>", "Send a signal to"),
  async run(session, [name, ...names]) {
    if (!(await session.isUp())) return;
    if (name !== undefined && names.length > 0) {
      // The parameters are (name, signal) for a process or a group, and (signal) for all.
      return bulk(session, names, { ...signal, more: [name] });
    }
    session.complain("Error: signal requires a signal name and a process name");
    showHelp(session, signalCommand);
  },
};

export const processCommands: Record<string, CtlCommand> = {
  start: onProcesses(
    "start",
    rows("start", "Start"),
    (session, names) => bulk(session, names, start),
    Exit.invalidArguments,
  ),
  stop: onProcesses("stop", rows("stop", "Stop"), (session, names) => bulk(session, names, stop)),
  restart: onProcesses("restart", rows("restart", "Stop, then start"), async (session, names) => {
    await bulk(session, names, stop);
    await bulk(session, names, start);
  }),
  signal: signalCommand,
  clear: onProcesses("clear", rows("clear", "Empty the logs of"), (session, names) =>
    bulk(session, names, clear),
  ),
};
