import { type CtlCommand, showHelp } from "./command.ts";
import { configurationCommands } from "./configuration.ts";
import { daemonCommands } from "./daemon.ts";
import { foregroundCommands } from "./foreground.ts";
import { processCommands } from "./processes.ts";
import { statusCommands } from "./status.ts";
import { tailCommands } from "./tail.ts";
import { CallFault, NoServer, type Session } from "./session.ts";

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

/** `runWords` ends the session by the name; the command itself only has a help text. */
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

function findCommand(name: string): CtlCommand | undefined {
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

/**
 * Runs a command with its words; false when the command ends the session. As Python's cmd module reads a line, `?x`
 * is `help x`, and a command ends at the first sign that is no letter: `status-x` is `status -x`.
 */
export async function runWords(session: Session, words: readonly string[]): Promise<boolean> {
  const [first = "", ...others] = words;
  if (first === "") return true;
  if (first.startsWith("?")) return runWords(session, ["help", first.slice(1), ...others].filter(Boolean));
  const [, name = "", glued = ""] = /^(\w*)(.*)$/s.exec(first) ?? [];
  if (name === "EOF" || name === "exit" || name === "quit") return false;
  const command = findCommand(name);
  if (command === undefined) {
    session.complain(`*** Unknown syntax: ${words.join(" ")}`);
    return true;
  }
  try {
    await command.run(session, glued === "" ? others : [glued, ...others]);
  } catch (error) {
    if (!(error instanceof CallFault) && !(error instanceof NoServer)) throw error;
    session.complain(`error: ${error.message}`);
  }
  return true;
}

/** The words of a line as typed, or of an argument that holds several. */
export function splitWords(line: string): string[] {
  return line.split(/\s+/).filter((word) => word !== "");
}
