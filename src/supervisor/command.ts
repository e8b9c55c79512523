import { statSync } from "node:fs";
import { AiDockError } from "../errors.ts";
import { findProgram, isExecutableFile } from "../sys/which.ts";

/**
 * The path a command runs from: as given with a slash in it, else found on PATH.
 * Throws AiDockError in supervisord's words when there is none or it may not be executed.
 */
export function resolveCommand(
  command: string,
  path: string | undefined,
  directory: string | undefined,
): string {
  if (command.includes("/")) {
    const absolute = command.startsWith("/") ? command : `${directory ?? process.cwd()}/${command}`;
    requireExecutable(absolute, command);
    return absolute;
  }
  const found = findProgram(command, path);
  if (found === undefined) throw notFound(command);
  return found;
}

function requireExecutable(path: string, shown: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw notFound(shown);
  if (stat.isDirectory()) throw notExecutable(shown, "it is a directory");
  if (!isExecutableFile(path)) throw notExecutable(shown, "its mode does not allow it");
}

function notFound(command: string): AiDockError {
  return new AiDockError(`can't find command '${command}'`, { code: "E_COMMAND_NOT_FOUND", exitCode: 127 });
}

function notExecutable(command: string, why: string): AiDockError {
  return new AiDockError(`command at '${command}' is not executable: ${why}`, {
    code: "E_COMMAND_NOT_EXECUTABLE",
    exitCode: 126,
  });
}
