import { AiDockError, ShellCode } from "../errors.ts";
import { resolveCommand } from "../supervisor/command-line.ts";
import { type ChildExit, shellCode, signalGroup, spawnChild } from "../sys/children.ts";
import { isTerminal } from "../sys/libc.ts";
import type { Signals } from "./signals.ts";

export interface MainCommandOptions {
  command: string[];
  env: Record<string, string>;
  signals: Signals;
  /** Seconds for the whole stop. The command has half of what is left of them when it gets SIGTERM. */
  stopTimeout: number;
  /** Resolves to an exit code when the container has to end without waiting for the command. */
  giveUp: Promise<number>;
}

/** True when the main command will be on a terminal, which our own lines would only disturb. */
export function onTerminal(): boolean {
  return isTerminal(0);
}

/**
 * Runs the CMD of `docker run IMAGE CMD` and passes every signal on to its process group. Resolves when the command has
 * ended or must not be waited for. One that cannot run is reported in one line, with 126 or 127.
 */
export async function runMainCommand(options: MainCommandOptions): Promise<number> {
  const { command, env, signals, stopTimeout, giveUp } = options;
  let isAsked = false;
  let isOver = false;
  const overdue = Promise.withResolvers<number>();
  try {
    const main = startMainCommand(command, env);
    signals.forward((signal) => {
      if (isOver) return;
      main.signal(signal);
      if (signal !== "TERM" || isAsked) return;
      isAsked = true;
      const patience = Math.max(0, stopTimeout - signals.stopSeconds) / 2;
      setTimeout(() => overdue.resolve(ShellCode.killed), patience * 1000).unref();
    });
    const ended = main.ended.finally(() => (isOver = true));
    const code = await Promise.race([ended, giveUp, overdue.promise]);
    await signals.prepareStop("exit");
    signals.reclaim();
    // Asked for by `supervisorctl shutdown`, the end is a clean one, whatever the command makes of SIGTERM.
    return signals.isStopRequested ? 0 : code;
  } catch (error) {
    if (!(error instanceof AiDockError)) throw error;
    process.stderr.write(`ai-dock: ${error.message}\n`);
    await signals.prepareStop("exit");
    return error.exitCode;
  }
}

/**
 * Starts a command on the container's own stdin, stdout and stderr, in a process group of its own; on a terminal that
 * group is the foreground one. Throws AiDockError with 126 or 127.
 */
function startMainCommand(command: string[], env: Record<string, string>) {
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
      listener: { exited: (exit: ChildExit) => ended.resolve(shellCode(exit)) },
    });
    return { ended: ended.promise, signal: (signal: string) => void signalGroup(child.pid, signal) };
  } catch (error) {
    throw new AiDockError(`cannot run '${name}'`, { exitCode: ShellCode.notExecutable, cause: error });
  }
}
