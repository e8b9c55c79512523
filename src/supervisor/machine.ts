/** supervisord's process states, without UNKNOWN, which this supervisor never enters. */
export type State = "STOPPED" | "STARTING" | "RUNNING" | "BACKOFF" | "STOPPING" | "EXITED" | "FATAL";

export type Event =
  /** Someone wants it up: a command, autostart, a dependency that became ready. */
  | "start"
  /** The process could not be created at all. */
  | "spawn-failed"
  /** It stayed up for startsecs. */
  | "stable"
  /** It ended before startsecs with a code that is not in exitcodes, or by a signal. */
  | "exit-early"
  /** It ended: after startsecs, or before with an expected code. */
  | "exit"
  /** It ended and everything it started is gone. */
  | "stopped"
  /** The delay before the next attempt is over. */
  | "retry"
  /** It is to be restarted, but only after a delay. */
  | "delay"
  /** startretries are used up. */
  | "give-up"
  /** Someone wants it down. */
  | "stop";

type Row = Partial<Record<Event, State>>;

/** supervisord's transitions (process.py), with one change: an expected early exit is EXITED. */
export const table: Record<State, Row> = {
  STOPPED: { start: "STARTING" },
  STARTING: {
    "spawn-failed": "BACKOFF",
    stable: "RUNNING",
    "exit-early": "BACKOFF",
    exit: "EXITED",
    stop: "STOPPING",
  },
  RUNNING: { exit: "EXITED", stop: "STOPPING" },
  BACKOFF: { retry: "STARTING", "give-up": "FATAL", stop: "STOPPED" },
  STOPPING: { stopped: "STOPPED" },
  EXITED: { start: "STARTING", delay: "BACKOFF" },
  FATAL: { start: "STARTING" },
};

/** The state after an event, or undefined when the event means nothing in that state. */
export function next(state: State, event: Event): State | undefined {
  return table[state][event];
}

/** A process exists. */
export function isAlive(state: State): boolean {
  return state === "STARTING" || state === "RUNNING" || state === "STOPPING";
}

/** Up, or on its way up: a start has nothing to do. */
export function isUp(state: State): boolean {
  return state === "STARTING" || state === "RUNNING" || state === "BACKOFF";
}
