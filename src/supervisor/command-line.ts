import { statSync } from "node:fs";
import { resolve } from "node:path";
import { AiDockError, ShellCode } from "../errors.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import { asUser } from "../sys/as-user.ts";
import { isNetworkMount } from "../sys/mounts.ts";
import { findProgram, isExecutableFile, pathsOf } from "../sys/which.ts";

/** Both become the command behind them (coreutils). The second takes no word for an assignment. */
const ENV = "/usr/bin/env";
const NICE = ["/usr/bin/nice", "-n", "0"];

/**
 * The words that run a program, and where. Throws AiDockError when there is no such directory or command.
 *
 * A directory or program on a network or FUSE mount is entered by a process of its own and not looked at before: spawn
 * returns only when the new program runs, so that a hung mount would block PID 1.
 */
export function programCommand(
  spec: ProgramSpec,
  path: string | undefined,
): { command: string[]; cwd?: string } {
  const user = asUser(spec.user);
  if (spec.directory === undefined) return { command: [...user, ...findCommand(spec.command, path)] };
  const directory = resolve(spec.directory);
  if (!isNetworkMount(directory)) {
    requireDirectory(directory, spec.directory);
    return { command: [...user, ...findCommand(spec.command, path, directory)], cwd: directory };
  }
  const [name = "", ...args] = spec.command;
  const { program } = locate(name, path, directory);
  return { command: [...user, ENV, `--chdir=${directory}`, ...NICE, program, ...args] };
}

/**
 * A command with its program as an absolute path; on a network or FUSE mount, in words that find the program in a process
 * of its own. Throws AiDockError when there is none.
 */
export function findCommand(
  [name = "", ...args]: string[],
  path: string | undefined,
  directory?: string,
): string[] {
  const { program, isAway } = locate(name, path, directory);
  return isAway ? [...NICE, program, ...args] : [program, ...args];
}

function locate(name: string, path: string | undefined, directory: string | undefined) {
  if (!isOnNetwork(name, path, directory))
    return { program: resolveCommand(name, path, directory), isAway: false };
  const isRelative = name.includes("/") && !name.startsWith("/");
  return { program: isRelative ? `${directory ?? process.cwd()}/${name}` : name, isAway: true };
}

/** True when looking for the program would ask a network or FUSE mount. */
function isOnNetwork(name: string, path: string | undefined, directory: string | undefined): boolean {
  if (name.includes("/")) return isNetworkMount(resolve(directory ?? "", name));
  const first = pathsOf(name, path).find(
    (candidate) => isNetworkMount(resolve(candidate)) || isExecutableFile(candidate),
  );
  return first !== undefined && isNetworkMount(resolve(first));
}

function requireDirectory(directory: string, shown: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new AiDockError(`can't change to directory '${shown}': it is not there`);
}

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
  return new AiDockError(`can't find command '${command}'`, {
    code: "E_COMMAND_NOT_FOUND",
    exitCode: ShellCode.notFound,
  });
}

function notExecutable(command: string, why: string): AiDockError {
  return new AiDockError(`command at '${command}' is not executable: ${why}`, {
    code: "E_COMMAND_NOT_EXECUTABLE",
    exitCode: ShellCode.notExecutable,
  });
}
