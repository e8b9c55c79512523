/** supervisord's process states as clients see them, without UNKNOWN, which this supervisor never enters. */
export type ShownState = "STOPPED" | "STARTING" | "RUNNING" | "BACKOFF" | "STOPPING" | "EXITED" | "FATAL";

export type State =
  | "STOPPED"
  | "STARTING"
  | "RUNNING"
  | "BACKOFF"
  /** The process has ended by itself, and its end is not explained yet. */
  | "ENDED"
  | "EXITED"
  | "FATAL"
  /** First phase of a stop: the program finishes what must not be cut off (beforeStop), and its descendants are noted. */
  | "FINISHING"
  /** The stop signal is sent. */
  | "TERMINATING"
  /** SIGKILL is sent. */
  | "KILLING"
  /** Not even SIGKILL has ended the process, as in uninterruptible sleep; it may end later. */
  | "HUNG"
  /** Last phase of a stop: the process is gone, and what it has started is being ended. */
  | "CLEARING";

export type Event =
  /** Someone wants the program up: a command, autostart, a dependency that became ready. */
  | "start"
  /** The process could not be created at all. */
  | "spawn-failed"
  /** The process stayed up for startsecs, or says itself that it is ready. */
  | "stable"
  /** The process has ended by itself. */
  | "end"
  /** The end is explained: it came after startsecs, or before with an expected code. */
  | "exit"
  /** The end is explained: it came before startsecs with a code that is not in exitcodes, or by a signal. */
  | "exit-early"
  /** The delay before the next attempt is over. */
  | "retry"
  /** The program is to be restarted, but only after a delay. */
  | "delay"
  /** startretries are used up, or no further attempt can succeed. */
  | "give-up"
  /** Someone wants the program down. */
  | "stop"
  /** The stop signal is due. */
  | "terminate"
  /** SIGKILL is due. */
  | "kill"
  /** The process has survived SIGKILL for too long. */
  | "hang"
  /** The process that is being stopped has ended. */
  | "gone"
  /** Everything that the process had started is gone. */
  | "stopped";

type Row = Partial<Record<Event, State>>;

/**
 * Every transition; an event that a row does not list means nothing in that state. As clients see it this is supervisord's
 * (process.py) with one change: an expected early exit is EXITED.
 */
export const table: Record<State, Row> = {
  STOPPED: { start: "STARTING", delay: "BACKOFF", "give-up": "FATAL" },
  STARTING: { "spawn-failed": "BACKOFF", stable: "RUNNING", end: "ENDED", stop: "FINISHING" },
  RUNNING: { end: "ENDED", stop: "FINISHING" },
  BACKOFF: { retry: "STARTING", "give-up": "FATAL", stop: "CLEARING" },
  ENDED: { exit: "EXITED", "exit-early": "BACKOFF", "give-up": "FATAL", stop: "CLEARING" },
  EXITED: { start: "STARTING", delay: "BACKOFF" },
  FATAL: { start: "STARTING" },
  FINISHING: { terminate: "TERMINATING", kill: "KILLING", gone: "CLEARING" },
  TERMINATING: { kill: "KILLING", gone: "CLEARING" },
  KILLING: { hang: "HUNG", gone: "CLEARING" },
  HUNG: { gone: "CLEARING" },
  CLEARING: { stopped: "STOPPED" },
};

interface Traits {
  shown: ShownState;
  /** A process exists. */
  alive?: true;
}

const traits: Record<State, Traits> = {
  STOPPED: { shown: "STOPPED" },
  STARTING: { shown: "STARTING", alive: true },
  RUNNING: { shown: "RUNNING", alive: true },
  BACKOFF: { shown: "BACKOFF" },
  ENDED: { shown: "EXITED" },
  EXITED: { shown: "EXITED" },
  FATAL: { shown: "FATAL" },
  FINISHING: { shown: "STOPPING", alive: true },
  TERMINATING: { shown: "STOPPING", alive: true },
  KILLING: { shown: "STOPPING", alive: true },
  HUNG: { shown: "STOPPING", alive: true },
  CLEARING: { shown: "STOPPING" },
};

/** The state after an event, or undefined when the event means nothing in that state. */
export function next(state: State, event: Event): State | undefined {
  return table[state][event];
}

/** What clients of supervisord are told. */
export function shownState(state: State): ShownState {
  return traits[state].shown;
}

/** A process exists. */
export function isAlive(state: State): boolean {
  return traits[state].alive === true;
}

/** Up, or on its way up: a start has nothing to do. */
export function isUp(state: State | ShownState): boolean {
  return state === "STARTING" || state === "RUNNING" || state === "BACKOFF";
}

/** A stop is under way. */
export function isStopping(state: State): boolean {
  return traits[state].shown === "STOPPING";
}

/** There is no process, and none is to come by itself. */
export function isDown(state: State): boolean {
  return state === "STOPPED" || state === "EXITED" || state === "FATAL";
}
