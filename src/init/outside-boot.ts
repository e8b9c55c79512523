import { readSettings } from "../env/load.ts";
import { createRedactor } from "../env/redact.ts";
import { drainPipe } from "../logs/write/drain-pipe.ts";
import type { BootContext } from "../features/step.ts";
import { logger, setLogRedactor } from "../log.ts";
import { openLogs } from "./logs.ts";
import { runLogged } from "./run-logged.ts";

const LAST_LINES_MILLISECONDS = 1000;

/**
 * Runs an action with what boot steps work with, in a process of its own: output goes to standard output and to
 * NAME.log; SIGINT and SIGTERM abort the action. Programs that the action leaves running outlive this process, which
 * then ends without waiting for them.
 */
export async function runOutsideBoot<Result>(
  name: string,
  env: Record<string, string>,
  action: (context: BootContext) => Promise<Result>,
): Promise<Result> {
  const { settings, problems } = readSettings(env);
  setLogRedactor(createRedactor(env));
  const logs = openLogs({ fd: 1, format: "plain" });
  logs.ownName = name;
  const log = logger(name);
  for (const { message } of problems) log.warn(message);
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupt.abort());
  const { signal } = interrupt;
  const left: number[] = [];
  try {
    return await action({
      settings,
      env,
      log,
      signal,
      runLogged: (options) => runLogged(options, logs, signal, (pipe) => left.push(pipe)),
    });
  } finally {
    await logs.flush(LAST_LINES_MILLISECONDS);
    // Later than the exit code and the error, if any: the pipes would keep this process up for ever.
    if (left.length > 0) setImmediate(() => leave(left, logs.file(name).path));
  }
}

/** Ends this process, but none of the programs that still write to the pipes. */
function leave(pipes: number[], path: string): never {
  for (const pipe of pipes) drainPipe(pipe, path);
  process.exit();
}
