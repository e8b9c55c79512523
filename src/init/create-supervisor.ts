import type { Environment } from "../env/environment.ts";
import { ExitCode } from "../errors.ts";
import type { StopReason } from "../features/hooks/prestop.ts";
import { logger } from "../log.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { controlSocket } from "../sys/runtime-directory.ts";
import type { BootLogs } from "./logs.ts";
import type { Signals } from "./signals.ts";

const log = logger("init");

export interface CreateOptions {
  environment: Environment;
  logs: BootLogs;
  signals: Signals;
  /** A main command has the terminal for itself: no output of programs goes there. */
  isQuiet: boolean;
  /** Called with the exit code where AI_DOCK_ON_FATAL=exit ends the container. */
  endContainer: (code: number, reason: StopReason) => void;
}

/** The supervisor of a container. */
export function createSupervisor(options: CreateOptions): Supervisor {
  const { environment, logs, signals, isQuiet, endContainer } = options;
  const supervisor: Supervisor = new Supervisor({
    env: environment.env,
    serverUrl: `unix://${controlSocket()}`,
    container: isQuiet ? null : logs.container,
    logs,
    onFatal: ({ id }) => {
      if (environment.settings.AI_DOCK_ON_FATAL !== "exit") return;
      log.error(`${id} is FATAL; AI_DOCK_ON_FATAL=exit ends the container`);
      endContainer(ExitCode.failure, "fatal");
      // An early program: the script that runs is not waited for.
      if (supervisor.phase === "booting") signals.requestStop("fatal");
    },
  });
  return supervisor;
}
