import { AiDockError } from "../errors.ts";
import type { Configuration } from "../supervisor/configuration.ts";
import type { Phase, Supervisor } from "../supervisor/supervisor.ts";
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

/** Throws AiDockError `E_STOPPING` or `E_BOOTING` where nothing may be started or changed yet, or any more. */
export function requireRunning(phase: Phase): void {
  if (phase === "stopping") {
    throw new AiDockError("The container is stopping; nothing is started any more", { code: "E_STOPPING" });
  }
  if (phase === "booting") {
    throw new AiDockError("The container is still booting; programs start when provisioning has ended", {
      code: "E_BOOTING",
      hint: "ai-dock logs -f",
    });
  }
}
