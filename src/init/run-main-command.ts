import { AiDockError } from "../errors.ts";
import type { BootLogs } from "./logs.ts";
import { startMainCommand } from "./main-command.ts";
import type { Signals } from "./signals.ts";

/** The exit code of a main command that does not end by itself, as shells have it for SIGKILL. */
const KILLED = 137;

/**
 * Runs the main command until it has ended or has to; its exit code, and how much of the stop's time it has taken.
 * One that does not obey SIGTERM for `patience` seconds is ended with everything else.
 */
export async function runMainCommand(
  command: string[],
  env: Record<string, string>,
  { logs, signals, quiet, patience }: { logs: BootLogs; signals: Signals; quiet: boolean; patience: number },
  enough: Promise<number>,
): Promise<{ code: number; stopSeconds: number }> {
  let askedAt: number | undefined;
  const overdue = Promise.withResolvers<number>();
  try {
    if (quiet) logs.mute();
    const main = startMainCommand(command, env);
    signals.forward((signal) => {
      main.signal(signal);
      if (signal !== "TERM" || askedAt !== undefined) return;
      askedAt = performance.now();
      setTimeout(() => overdue.resolve(KILLED), patience * 1000).unref();
    });
    const code = await Promise.race([main.ended, enough, overdue.promise]);
    signals.reclaim();
    return { code, stopSeconds: askedAt === undefined ? 0 : (performance.now() - askedAt) / 1000 };
  } catch (error) {
    if (!(error instanceof AiDockError)) throw error;
    process.stderr.write(`ai-dock: ${error.message}\n`);
    return { code: error.exitCode, stopSeconds: 0 };
  }
}
