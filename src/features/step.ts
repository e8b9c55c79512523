import type { Settings } from "../env/schema.ts";
import type { Logger, LogFields } from "../log.ts";

/** The end of a command of runLogged(). */
export interface LoggedExit {
  /** Exit code as shells report it: 128+n for signal n, 126 and 127 for a command that cannot run. */
  code: number;
}

export interface LoggedRunOptions {
  /** Name of the output in the container log, and of the file NAME.log. */
  name: string;
  command: string[];
  env: Record<string, string>;
  cwd?: string;
  /** Seconds until the command and all it has started are ended; 0 or absent: no limit. */
  timeout?: number;
  /** Seconds between SIGTERM and SIGKILL at the time-out or an abort. */
  killAfter?: number;
}

/** What every boot step works with. */
export interface BootContext {
  /** As of the start of the step: what earlier steps and scripts have exported counts. */
  readonly settings: Settings;
  /** The effective environment. Steps add to it; every program, hook and shell gets the result. */
  readonly env: Record<string, string>;
  /** Aborted by SIGTERM or SIGINT: a step then ends what it started and returns soon. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Runs a command in its own process group with its output logged under its name. */
  runLogged(options: LoggedRunOptions): Promise<LoggedExit>;
}

/** What a step reports in its one line. */
export interface StepResult {
  message: string;
  fields?: LogFields;
}

/** A boot step. A failure throws AiDockError; the boot goes on, or ends with AI_DOCK_STRICT. */
export interface Step {
  name: string;
  run(context: BootContext): Promise<StepResult | undefined>;
  /**
   * Of a step that uses the workspace, or waits for scripts that do: runs in its place where the workspace's server does not
   * answer, and touches no path there.
   */
  withoutWorkspace?(context: BootContext): void;
}
