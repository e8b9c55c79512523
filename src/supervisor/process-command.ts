import { statSync } from "node:fs";
import { resolve } from "node:path";
import { AiDockError } from "../errors.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import { isNetworkMount } from "../sys/mounts.ts";
import { isExecutableFile, pathsOf } from "../sys/which.ts";
import { asUser } from "./as-user.ts";
import { resolveCommand } from "./command.ts";

/** Both become the command behind them (coreutils). The second takes no word for an assignment. */
const ENV = "/usr/bin/env";
const NICE = ["/usr/bin/nice", "-n", "0"];

/**
 * The words that run a program, and where. Throws AiDockError when there is no such directory or command.
 *
 * What lies on a distant file system is entered by a process of its own and not looked at before: our spawn comes
 * back only when the new program runs, and a file system that hangs would hold PID 1.
 */
export function processCommand(
  spec: ProgramSpec,
  path: string | undefined,
): { command: string[]; cwd?: string } {
  const user = asUser(spec.user);
  if (spec.directory === undefined) return { command: [...user, ...commandWords(spec.command, path)] };
  const directory = resolve(spec.directory);
  if (!isNetworkMount(directory)) {
    requireDirectory(directory, spec.directory);
    return { command: [...user, ...commandWords(spec.command, path, directory)], cwd: directory };
  }
  const [name = "", ...args] = spec.command;
  const { program } = locate(name, path, directory);
  return { command: [...user, ENV, `--chdir=${directory}`, ...NICE, program, ...args] };
}

/** A command with its program as a path, or in words that find it without us. Throws AiDockError when there is none. */
export function commandWords(
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

/** True when looking for the program would touch a network mount. */
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
