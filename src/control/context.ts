import { AiDockError } from "../errors.ts";
import type { Configuration } from "../supervisor/configuration.ts";
import type { Phase, Supervisor } from "../supervisor/supervisor.ts";
import type { IdleControl } from "./idle.ts";
import type { BootProgress, EnvironmentReply, WebReply } from "./replies.ts";
import type { EnvironmentChanges } from "./requests.ts";

/** What commands may ask of the front of the web services. */
export interface WebControl {
  describe: () => Promise<WebReply>;
  /** Sets the user and password of the login. */
  choose: (user: string, password: string) => Promise<void>;
}

/** What the control socket gives access to. */
export interface ControlContext {
  supervisor: Supervisor;
  configuration: Configuration;
  version: string;
  /** The step of the boot that runs; null after the boot. */
  boot: () => BootProgress | null;
  environment: () => EnvironmentReply;
  /** Sets and unsets variables for programs and shells that start from now on. */
  changeEnvironment: (changes: EnvironmentChanges) => void;
  /** The log of the supervisor itself. */
  mainLog: { path: string; clear(): void };
  /** The front of the web services. */
  web: WebControl;
  /** The guard of idle containers. */
  idle: IdleControl;
  /** Something was done that may have changed the health. */
  onAction: () => void;
  /** Stops everything, as `docker stop` does. */
  requestStop: () => void;
  /** Aborted when the client of this request has gone. */
  signal?: AbortSignal;
}

/** Refuses to start a program that is there, early ones included: throws AiDockError `E_STOPPING` during a stop. */
export function requireNoStop(phase: Phase): void {
  if (phase === "stopping") {
    throw new AiDockError("The container is stopping; nothing is started any more", { code: "E_STOPPING" });
  }
}

/** Refuses whatever needs all programs or changes things: throws AiDockError `E_BOOTING` during boot, `E_STOPPING` during a stop. */
export function requireRunning(phase: Phase): void {
  requireNoStop(phase);
  if (phase === "booting") {
    throw new AiDockError("The container is still booting; programs start when provisioning has ended", {
      code: "E_BOOTING",
      hint: "ai-dock logs -f",
    });
  }
}
