import { Fault } from "../../control/rpc/method.ts";
import { programId, splitName } from "../../programs/names.ts";
import { type CtlCommand, showHelp } from "./command.ts";
import { CallFault, Exit, type Session } from "./session.ts";

/** The outcome for one process, as the methods for groups and for all report it. */
interface Outcome {
  name: string;
  group: string;
  status: number;
  description: string;
}

/** An action on processes: supervisord's methods for it, and supervisorctl's texts. */
interface BulkAction {
  one: string;
  /** For `group:*`; without it the name goes to `one` as it is. */
  group?: string;
  all: string;
  /** Words after the names in every call. */
  more?: unknown[];
  done: string;
  /** The text of a fault, by its code; other faults are shown with their own text. */
  words: Record<number, string>;
  /** A fault that leaves the exit code alone. */
  harmless?: number;
  unknownGroupExit?: number;
}

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
  // Not the restart of `ai-dock restart`, which starts nothing that someone stops meanwhile: supervisorctl tells every
  // stop, then every start.
  restart: onProcesses("restart", rows("restart", "Stop, then start"), async (session, names) => {
    await bulk(session, names, stop);
    await bulk(session, names, start);
  }),
  signal: signalCommand,
  clear: onProcesses("clear", rows("clear", "Empty the logs of"), (session, names) =>
    bulk(session, names, clear),
  ),
};

/** Faults that make the exit code 7: the process does not run. */
const DEAD = new Set<number>([
  Fault.SPAWN_ERROR,
  Fault.ABNORMAL_TERMINATION,
  Fault.NOT_RUNNING,
  Fault.NOT_STARTED,
]);

/** Runs the action for one name after the other and prints a line for each process. */
async function bulk(session: Session, names: string[], action: BulkAction): Promise<void> {
  const { one, group, all, more = [] } = action;
  if (names.includes("all")) {
    for (const outcome of await session.call<Outcome[]>(all, ...more)) tell(session, action, outcome);
    return;
  }
  for (const text of names) {
    const { group: groupName, name } = splitName(text);
    if (name === undefined && group !== undefined) await onGroup(session, groupName, group, action);
    else {
      const about = { group: groupName, name: name ?? "*" };
      try {
        await session.call(one, text, ...more);
        tell(session, action, { ...about, status: Fault.SUCCESS, description: "OK" });
      } catch (error) {
        if (!(error instanceof CallFault)) throw error;
        tell(session, action, { ...about, status: error.code, description: error.message });
      }
    }
  }
}

async function onGroup(session: Session, name: string, method: string, action: BulkAction): Promise<void> {
  try {
    const outcomes = await session.call<Outcome[]>(method, name, ...(action.more ?? []));
    for (const outcome of outcomes) tell(session, action, outcome);
  } catch (error) {
    if (!(error instanceof CallFault && error.is(Fault.BAD_NAME))) throw error;
    session.complain(`${name}: ERROR (no such group)`, action.unknownGroupExit ?? Exit.generic);
  }
}

function tell(session: Session, { done, words, harmless }: BulkAction, outcome: Outcome): void {
  const { status, description } = outcome;
  const name = programId(outcome);
  if (status === Fault.SUCCESS) {
    session.output(`${name}: ${done}`);
    return;
  }
  session.output(`${name}: ERROR (${words[status] ?? description})`);
  if (status !== harmless) session.exitCode = DEAD.has(status) ? Exit.notRunning : Exit.generic;
}
