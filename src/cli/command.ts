import type { CommandDef } from "citty";
import { AiDockError, ExitCode } from "../errors.ts";

/** A command: its definition for citty, and its action. */
export interface Command {
  // oxlint-disable-next-line typescript/no-explicit-any -- every command has its own arguments
  definition: CommandDef<any>;
  /** Runs with parsed arguments and resolves to the exit code. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  run(args: any, commands: Commands): Promise<number> | number;
  /** Instead of `run`: gets its words unparsed, and those after `--`. */
  raw?(words: string[], rest: string[] | undefined): Promise<number>;
}

/** All commands by name; a module is loaded only when its command is called. */
export type Commands = Record<string, () => Promise<{ default: Command }>>;

/** The full name, for example `ai-dock logs`. */
export function nameOf({ definition }: Command): string {
  return (definition.meta as { name: string }).name;
}

/** Loads the commands that users see, with the name they are called by. */
export async function visibleCommands(commands: Commands): Promise<[name: string, Command][]> {
  const loaded = await Promise.all(
    Object.entries(commands).map(async ([name, load]): Promise<[string, Command]> => [
      name,
      (await load()).default,
    ]),
  );
  return loaded.filter(([, { definition }]) => (definition.meta as { hidden?: boolean }).hidden !== true);
}

/** A wrong use of a command, with where to read on; exit code 2. */
export function usageError(name: string, message: string): AiDockError {
  const hint = `Usage: ${name} --help`;
  return new AiDockError(message, { code: "E_USAGE", exitCode: ExitCode.usage, hint });
}
