import type { LogLevel } from "../log.ts";
import type { ChildExit } from "../sys/children.ts";
import { outOfMemory } from "./out-of-memory.ts";
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

/** How a process ended just now, in words: "exit code 3", "killed by SIGKILL: out of memory". */
export function explainExit({ code, signal }: ChildExit): string {
  const memory = signal === "KILL" ? outOfMemory.explain() : undefined;
  if (signal !== "KILL") outOfMemory.forget();
  if (signal === null) return `exit code ${code}`;
  return `killed by SIG${signal}${memory === undefined ? "" : `: ${memory}`}`;
}
