import type { Environment } from "../env/environment.ts";
import { copiesScript } from "../features/log-copies.ts";
import { listHooks, prestopFolder } from "../features/hooks/find.ts";
import type { BeforeStop } from "../features/hooks/prestop.ts";
import type { LoggedRunOptions } from "../features/step.ts";
import { logger } from "../log.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { reportBug } from "./bugs.ts";
import type { BootLogs } from "./logs.ts";
import { runLogged } from "./run-logged.ts";

const log = logger("prestop");

/** Of the time for a stop that a signal has asked for, the scripts' part: programs have to end as well. */
const SCRIPTS_PART = 0.5;

const NOTICE = "prestop";

export interface PrestopOptions {
  environment: Environment;
  logs: BootLogs;
  supervisor: Supervisor;
  before: BeforeStop;
}

/** Runs `prestop.d/*.sh`; undefined, and nothing is loaded, where there is none. Never rejects. */
export function runPrestopHooks({
  environment,
  logs,
  supervisor,
  before,
}: PrestopOptions): Promise<void> | undefined {
  const { env, settings } = environment;
  const paths = listHooks(prestopFolder());
  if (paths.length === 0 || settings.AI_DOCK_PRESTOP_TIMEOUT === 0) return undefined;
  const run = async () => {
    const { runPrestop } = await import("../features/hooks/prestop.ts");
    const own = settings.AI_DOCK_PRESTOP_TIMEOUT;
    const pressed = Math.min(own, settings.AI_DOCK_STOP_TIMEOUT * SCRIPTS_PART);
    const message = `The container is about to stop (${before.reason}): scripts of prestop.d run`;
    supervisor.notices.set(NOTICE, { severity: "warning", message });
    await runPrestop({ paths, before, env, settings, log, limits: { own, pressed }, runLogged: inLog });
  };
  const inLog = async (options: LoggedRunOptions, signal: AbortSignal) => {
    const isCopied = copiesScript(settings.AI_DOCK_LOG_CONTAINER, options.name);
    return await runLogged(options, isCopied ? logs : { ...logs, container: null }, signal);
  };
  return run()
    .catch(reportBug)
    .finally(() => supervisor.notices.delete(NOTICE));
}
