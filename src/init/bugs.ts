import { ExitCode, messageOf } from "../errors.ts";
import { logger } from "../log.ts";

const log = logger("init");

/** A bug in one corner must not take down PID 1, and with it the user's work. */
export function surviveBugs(): void {
  process.on("uncaughtException", reportBug);
  process.on("unhandledRejection", reportBug);
}

/** An init that has lost its thread is worth less than one that is started again. Returns the exit code. */
export function endAfterBug(error: unknown): number {
  reportBug(error);
  return ExitCode.failure;
}

export function reportBug(error: unknown): void {
  log.error(`bug: ${error instanceof Error ? error.stack : messageOf(error)}`);
}
