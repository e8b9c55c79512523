import { defineCommand, renderUsage } from "citty";
import { AiDockError, ExitCode } from "../errors.ts";
import { type Commands, visibleCommands } from "./command.ts";
import { print, printColoured } from "./print.ts";
import { COMMIT, VERSION } from "./version.ts";

/** Prints help or version. Throws AiDockError for unknown words. */
export async function runTopLevel(
  command: string | undefined,
  words: string[],
  commands: Commands,
): Promise<number> {
  const [first] = words;
  if (command === undefined && (first === "--version" || first === "-v")) {
    print(`ai-dock ${VERSION} (${COMMIT ?? "commit unknown"})`);
    return ExitCode.ok;
  }
  if (command === "help" || (command === undefined && (first === undefined || isHelp(first)))) {
    printColoured(await usage(commands));
    return ExitCode.ok;
  }
  throw new AiDockError(`Unknown ${command === undefined ? `option "${first}"` : `command "${command}"`}`, {
    code: "E_USAGE",
    exitCode: ExitCode.usage,
    hint: "Usage: ai-dock --help",
  });
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}

async function usage(commands: Commands): Promise<string> {
  const visible = await visibleCommands(commands);
  // A command's own usage shows its full name; the list of commands shows the bare one.
  const subCommands = Object.fromEntries(
    visible.map(([name, { definition }]) => [
      name,
      { ...definition, meta: { ...(definition.meta as object), name } },
    ]),
  );
  const description = "Init, supervisor and runtime of a container";
  return renderUsage(
    defineCommand({ meta: { name: "ai-dock", version: VERSION, description }, subCommands }),
  );
}
