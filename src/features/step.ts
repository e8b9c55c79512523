import type { Settings } from "../env/schema.ts";
import type { Logger, LogFields } from "../log.ts";

/** How a script or tool that wrote to the logs under its own name ended. */
export interface LoggedExit {
  /** Exit code, or 128+n when it died of signal n; 126 and 127 as shells use them. */
  code: number;
}

export interface LoggedRunOptions {
  /** The name its output carries in the container log and its file NAME.log. */
  name: string;
  command: string[];
  env: Record<string, string>;
  cwd?: string;
  /** Seconds until it and all it started are ended; 0 or absent: no limit. */
  timeout?: number;
}

/** What every boot step works with. */
export interface BootContext {
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

/** A boot step. It throws AiDockError when it failed; boot then goes on (or not, when strict). */
export interface Step {
  name: string;
  run(context: BootContext): Promise<StepResult | undefined>;
}
