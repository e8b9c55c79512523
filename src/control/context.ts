import type { Configuration } from "../supervisor/configuration.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { EnvironmentReply } from "./protocol.ts";

/** What a running init lets others see and do through its socket. */
export interface ControlContext {
  supervisor: Supervisor;
  configuration: Configuration;
  environment: () => EnvironmentReply;
  /** The log of the supervisor itself. */
  mainLog: { path: string; clear(): void };
  /** Stops everything, as `docker stop` does. */
  requestStop: () => void;
  /** Aborted when the client of this very request has gone; whatever waits for its sake ends. */
  signal?: AbortSignal;
}
