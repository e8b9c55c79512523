import type { ControlContext } from "../control/context.ts";
import { serveControl } from "../control/server.ts";
import { messageOf } from "../errors.ts";
import { logger } from "../log.ts";
import { type Configuration, logProblems } from "../supervisor/configuration.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { update } from "../supervisor/update.ts";
import type { Signals } from "./signals.ts";

const log = logger("supervisor");

/** Lets others in by the control socket; without one the container works all the same. The result closes it. */
export function openControl(context: ControlContext, socket: string): () => void {
  try {
    return serveControl(context, socket);
  } catch (error) {
    log.warn(`control socket: ${messageOf(error)}; status, start and stop do not work in this container`);
    return () => undefined;
  }
}

/** SIGHUP reads the configuration again and follows it; SIGUSR2 goes on in new log files. */
export function obeySignals(
  signals: Signals,
  { supervisor, configuration }: ControlContext,
  reopenLogs: () => void,
): void {
  signals.onHangup(() => {
    if (supervisor.phase === "running") void follow(supervisor, configuration);
  });
  signals.onUser2(() => {
    reopenLogs();
    log.info("log files reopened");
  });
}

async function follow(supervisor: Supervisor, configuration: Configuration): Promise<void> {
  const { changes, problems } = await update(supervisor, configuration);
  logProblems(problems);
  const list = changes.map(({ name, change }) => `${name} ${change}`).join(", ");
  log.info(`configuration read: ${list === "" ? "no changes" : list}`);
}
