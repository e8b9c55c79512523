import { closeSync, openSync } from "node:fs";
import { ExitCode, errnoOf, messageOf, ShellCode } from "../errors.ts";
import { pumpOutput } from "../logs/write/pump.ts";
import { childExit, shellCode, spawnChild } from "../sys/children.ts";
import { pipe } from "../sys/pipes.ts";
import type { LoggedExit, LoggedRunOptions } from "../features/step.ts";
import { ProcessTree } from "../supervisor/process-tree.ts";
import type { BootLogs } from "./logs.ts";

/** What a script and all it has started get between SIGTERM and SIGKILL. */
const KILL_AFTER_SECONDS = 2;

/** How long to wait for the rest of the output when a background process still holds the pipe. */
const LAST_OUTPUT_MILLISECONDS = 100;

/**
 * Runs a command with its output logged as NAME. Abort and time-out end the command and every process it has started; what
 * no signal ends is left behind.
 * If a background process still holds the pipe afterwards, calls `onLeft` with a duplicate of the read end; the callee
 * closes that descriptor.
 */
export async function runLogged(
  { name, command, env, cwd, timeout, killAfter = KILL_AFTER_SECONDS }: LoggedRunOptions,
  logs: Pick<BootLogs, "file" | "line" | "container">,
  signal: AbortSignal,
  onLeft?: (pipe: number) => void,
): Promise<LoggedExit> {
  const { read, write } = pipe();
  const pump = pumpOutput(read, { name, stream: "stdout", file: logs.file(name), container: logs.container });
  const tree = new ProcessTree();
  let child: ReturnType<typeof spawnChild>;
  try {
    const directory = cwd === undefined ? {} : { cwd };
    child = tree.spawn(() => spawnChild({ command, env, ...directory, stdout: write, stderr: write }));
  } catch (error) {
    logs.line(name, messageOf(error));
    return { code: codes[errnoOf(error) ?? ""] ?? ExitCode.failure };
  } finally {
    closeSync(write);
  }
  let ended: Promise<unknown> | undefined;
  const unkillable = Promise.withResolvers<void>();
  const endTree = async () => {
    const left = await tree.end("TERM", killAfter, child.pid);
    if (left.length > 0) unkillable.resolve();
  };
  const end = () => {
    ended ??= endTree();
  };
  const timer = timeout !== undefined && timeout > 0 ? setTimeout(end, timeout * 1000) : undefined;
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  // A process that waits for a network file system whose server hangs ends by no signal.
  await Promise.race([child.exited.catch(() => undefined), unkillable.promise]);
  clearTimeout(timer);
  signal.removeEventListener("abort", end);
  await ended;
  const closed = pump.then(() => true);
  const isClosed = await Promise.race([closed, Bun.sleep(LAST_OUTPUT_MILLISECONDS)]);
  if (!isClosed && onLeft !== undefined) onLeft(reopen(read));
  const exit = childExit(child);
  if (exit.code !== null || exit.signal !== null) return { code: shellCode(exit) };
  child.unref();
  return { code: ShellCode.killed };
}

/** Exit codes of commands that cannot run, whenever that is tried; EAGAIN, of a full cgroup, is another matter. */
const codes: Partial<Record<string, number>> = {
  ENOENT: ShellCode.notFound,
  EACCES: ShellCode.notExecutable,
  ENOEXEC: ShellCode.notExecutable,
};

/** A new open file description: ours is O_NONBLOCK, and blocking readers take EAGAIN for an error. */
const reopen = (fd: number) => openSync(`/proc/self/fd/${fd}`, "r");
