import { AiDockError } from "../errors.ts";
import { type ChildExit, sendSignal, shellCode, spawnChild } from "../sys/children.ts";
import { isTerminal } from "../sys/libc.ts";
import { resolveCommand } from "../supervisor/command.ts";

export interface MainCommand {
  /** Resolves to its exit code as shells report it. */
  ended: Promise<number>;
  /** Sends a signal to its process group. */
  signal(name: string): void;
}

/** True when the main command will be on a terminal, which our own lines would only disturb. */
export function onTerminal(): boolean {
  return isTerminal(0);
}

/**
 * Starts the CMD of `docker run IMAGE CMD` on the container's own stdin, stdout and stderr, in a process
 * group of its own; on a terminal that group is the foreground one. Throws AiDockError with 126 or 127.
 */
export function startMainCommand(command: string[], env: Record<string, string>): MainCommand {
  const [name = "", ...args] = command;
  const path = resolveCommand(name, env["PATH"], undefined);
  const terminal = onTerminal();
  const ended = Promise.withResolvers<number>();
  const line = [path, ...args];
  try {
    const child = spawnChild({
      command: terminal ? ["/proc/self/exe", "exec-foreground", "--", ...line] : line,
      env,
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
      attached: terminal,
      onExit: (exit: ChildExit) => ended.resolve(shellCode(exit)),
    });
    return { ended: ended.promise, signal: (signal) => void sendSignal(-child.pid, signal) };
  } catch (error) {
    throw new AiDockError(`cannot run '${name}'`, { exitCode: 126, cause: error });
  }
}
