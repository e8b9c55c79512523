import { closeSync } from "node:fs";
import { messageOf } from "../errors.ts";
import { pumpOutput } from "../logs/pump.ts";
import { childExit, sendSignal, shellCode, spawnChild } from "../sys/children.ts";
import { pipe } from "../sys/libc.ts";
import { descendantsOf, listProcesses } from "../sys/proc.ts";
import type { LoggedExit, LoggedRunOptions } from "./context.ts";
import type { BootLogs } from "./logs.ts";

const NOT_FOUND = 127;
const KILL_AFTER_MILLISECONDS = 2000;

/** How long output of a process that left something running in the background is waited for. */
const LAST_OUTPUT_MILLISECONDS = 100;

/** Runs a command with its output logged as NAME; ends it with all it started on abort or time-out. */
export async function runLogged(
  { name, command, env, cwd, timeout }: LoggedRunOptions,
  logs: BootLogs,
  signal: AbortSignal,
): Promise<LoggedExit> {
  const { read, write } = pipe();
  const pump = pumpOutput(read, { name, stream: "stdout", file: logs.file(name), container: logs.container });
  let child: ReturnType<typeof spawnChild>;
  try {
    const directory = cwd === undefined ? {} : { cwd };
    child = spawnChild({ command, env, ...directory, stdout: write, stderr: write });
  } catch (error) {
    logs.line(name, messageOf(error));
    return { code: NOT_FOUND };
  } finally {
    closeSync(write);
  }
  const timers: Timer[] = [];
  const end = () => {
    endTree(child.pid, "TERM");
    timers.push(setTimeout(() => endTree(child.pid, "KILL"), KILL_AFTER_MILLISECONDS));
  };
  if (timeout !== undefined && timeout > 0) timers.push(setTimeout(end, timeout * 1000));
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  await child.exited.catch(() => undefined);
  for (const timer of timers) clearTimeout(timer);
  signal.removeEventListener("abort", end);
  await Promise.race([pump, Bun.sleep(LAST_OUTPUT_MILLISECONDS)]);
  return { code: shellCode(childExit(child)) };
}

function endTree(pid: number, signal: string): void {
  const below = descendantsOf(pid, listProcesses());
  sendSignal(-pid, signal);
  for (const info of below) sendSignal(info.pid, signal);
}
