import { type CtlCommand, showHelp } from "./command.ts";
import { configurationCommands } from "./configuration.ts";
import { daemonCommands } from "./daemon.ts";
import { foregroundCommands } from "./foreground.ts";
import { processCommands } from "./processes.ts";
import { statusCommands } from "./status.ts";
import { tailCommands } from "./tail.ts";
import type { Session } from "./session.ts";

const COLUMNS = 5;
const COLUMN_WIDTH = 14;

const help: CtlCommand = {
  help: [
    ["help", "Show all commands"],
    ["help <command>", "Show what a command does"],
  ],
  run(session, [name]) {
    if (name === undefined) listCommands(session);
    else {
      const command = findCommand(name);
      if (command === undefined) session.output(`*** No help on ${name}`);
      else showHelp(session, command);
    }
  },
};

/** Ends the session; what reads the commands knows it by name. */
const leave = (name: string): CtlCommand => ({ help: [[name, "Leave the prompt"]], run() {} });

/** Every command by its name. */
const commands: Record<string, CtlCommand> = {
  ...configurationCommands,
  ...daemonCommands,
  exit: leave("exit"),
  ...foregroundCommands,
  help,
  ...processCommands,
  quit: leave("quit"),
  ...statusCommands,
  ...tailCommands,
};

export const commandNames: readonly string[] = Object.keys(commands).toSorted();

export function findCommand(name: string): CtlCommand | undefined {
  return Object.hasOwn(commands, name) ? commands[name] : undefined;
}

function listCommands(session: Session): void {
  session.output("");
  session.output("Commands (help <command> tells more):");
  for (let index = 0; index < commandNames.length; index += COLUMNS) {
    const row = commandNames.slice(index, index + COLUMNS);
    session.output(
      row
        .map((name) => name.padEnd(COLUMN_WIDTH))
        .join("")
        .trimEnd(),
    );
  }
  session.output("");
}
