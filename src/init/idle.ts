import type { IdleControl } from "../control/idle.ts";
import type { Environment } from "../env/environment.ts";
import { AiDockError, ExitCode } from "../errors.ts";
import type { Why } from "../features/idle/clock.ts";
import { copiesScript } from "../features/log-copies.ts";
import type { StopReason } from "../features/hooks/prestop.ts";
import type { startGuard, StartOptions } from "../features/idle/start.ts";
import { logger } from "../log.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { reportBug } from "./bugs.ts";
import type { BootLogs } from "./logs.ts";
import { runLogged } from "./run-logged.ts";
import type { Signals } from "./signals.ts";
import type { Web } from "./web.ts";

const log = logger("idle");

/** Of the output of AI_DOCK_IDLE_ACTION=exec:… */
const LOG_NAME = "idle";

const reasons = { idle: "idle", lifetime: "max-hours" } as const satisfies Record<Why, StopReason>;

export interface IdleOptions {
  supervisor: Supervisor;
  environment: Environment;
  logs: BootLogs;
  web: () => Pick<Web, "boot" | "front">;
  signals: Signals;
  /** Called with the exit code where the container is to end. */
  endContainer: (code: number, reason: StopReason) => void;
}

/** The guard of idle containers as PID 1 has it. */
export interface Idle extends IdleControl {
  /** The environment may have changed: begins, ends or changes what is looked for. */
  refresh: () => void;
}

/** Nothing is loaded and nothing wakes up before AI_DOCK_IDLE_MINUTES or AI_DOCK_MAX_HOURS is set. */
export function createIdle(options: IdleOptions): Idle {
  const { environment, signals } = options;
  let guard: ReturnType<typeof startGuard> | undefined;
  let loading: Promise<void> | undefined;
  const begin = async () => {
    const loaded = await import("../features/idle/start.ts");
    if (!signals.stop.aborted && isOn(environment)) guard = loaded.startGuard(startOptions(options));
  };
  signals.stop.addEventListener("abort", () => guard?.end());
  return {
    refresh() {
      if (signals.stop.aborted) return;
      if (isOn(environment)) {
        if (guard !== undefined) guard.refresh();
        else
          loading ??= begin()
            .catch(reportBug)
            .finally(() => (loading = undefined));
      } else {
        if (guard === undefined) return;
        guard.end();
        guard = undefined;
        options.web().front.changed();
      }
    },
    state: () => guard?.state() ?? null,
    keep(seconds) {
      const { AI_DOCK_IDLE_MINUTES: minutes, AI_DOCK_MAX_HOURS: hours } = environment.settings;
      if (guard !== undefined && minutes > 0) return guard.keep(seconds === null ? null : seconds * 1000);
      const more = hours > 0 ? { hint: "AI_DOCK_MAX_HOURS ends the container in any case" } : {};
      throw new AiDockError("The guard of idle containers is off: AI_DOCK_IDLE_MINUTES is not set", more);
    },
  };
}

function isOn({ settings }: Environment): boolean {
  return settings.AI_DOCK_IDLE_MINUTES > 0 || settings.AI_DOCK_MAX_HOURS > 0;
}

function startOptions(options: IdleOptions): StartOptions {
  const { supervisor, environment, logs, web, signals, endContainer } = options;
  return {
    supervisor,
    environment,
    log,
    boot: () => web().boot(),
    services: () => web().front.services(),
    onChange: () => web().front.changed(),
    async run(command, timeout, signal) {
      const { env, settings } = environment;
      const isCopied = copiesScript(settings.AI_DOCK_LOG_CONTAINER, LOG_NAME);
      const own = isCopied ? logs : { ...logs, container: null };
      return (await runLogged({ name: LOG_NAME, command, env, timeout }, own, signal)).code;
    },
    async prepare(why) {
      await signals.prepareStop(reasons[why]);
    },
    callOff: (why) => signals.callOff(reasons[why]),
    endContainer(why) {
      endContainer(ExitCode.ok, reasons[why]);
      // The script that runs is not waited for.
      if (supervisor.phase === "booting") signals.requestStop(reasons[why]);
    },
  };
}
