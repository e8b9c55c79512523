import type { ControlContext } from "../control/context.ts";
import { serveControl } from "../control/server.ts";
import { messageOf } from "../errors.ts";
import { logger } from "../log.ts";
import { type Configuration, logProblems } from "../supervisor/configuration.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { update } from "../supervisor/update.ts";
import type { Signals } from "./signals.ts";

const log = logger("supervisor");

/** Serves the control socket; a socket that cannot be made is a warning. The returned function closes the socket. */
export function openControl(context: ControlContext, socket: string): () => void {
  try {
    return serveControl(context, socket);
  } catch (error) {
    log.warn(`control socket: ${messageOf(error)}; status, start and stop do not work in this container`);
    return () => undefined;
  }
}

/** SIGHUP updates the programs to the configuration; SIGUSR2 reopens the log files. */
export function obeySignals(
  signals: Signals,
  { supervisor, configuration, onAction }: ControlContext,
  reopenLogs: () => void,
): void {
  signals.onHangup(() => {
    if (supervisor.phase === "running") void follow(supervisor, configuration).finally(onAction);
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
