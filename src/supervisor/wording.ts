import type { LogLevel } from "../log.ts";
import type { ChildExit } from "../sys/children.ts";
import type { State } from "./machine.ts";

/** How a state is logged; the changes that other lines tell of already are for debugging. */
export const stateLevel = {
  STARTING: "debug",
  RUNNING: "info",
  BACKOFF: "warn",
  FATAL: "error",
  EXITED: "debug",
  STOPPING: "debug",
  STOPPED: "info",
} as const satisfies Record<State, LogLevel>;

/** How a process ended, in words: "exit code 3", "killed by SIGKILL". */
export function describeExit({ code, signal }: ChildExit): string {
  return signal === null ? `exit code ${code}` : `killed by SIG${signal}`;
}
