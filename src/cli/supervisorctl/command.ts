import type { Session } from "./session.ts";

/** One command of supervisorctl. */
export interface CtlCommand {
  /** The rows of `help`: syntax, and what the command does. */
  help: [syntax: string, does: string][];
  run(session: Session, args: string[]): Promise<void> | void;
}

/** A command that takes no words. */
export function withoutArguments(
  name: string,
  help: CtlCommand["help"],
  run: (session: Session) => Promise<void> | void,
): CtlCommand {
  const command: CtlCommand = {
    help,
    run(session, args) {
      if (args.length === 0) return run(session);
      session.complain(`Error: ${name} accepts no arguments`);
      return showHelp(session, command);
    },
  };
  return command;
}

/** Prints the rows of a command's help. */
export function showHelp(session: Session, { help }: CtlCommand): void {
  const width = Math.max(...help.map(([syntax]) => syntax.length));
  for (const [syntax, does] of help) session.output(`${syntax.padEnd(width)}  ${does}`);
}
