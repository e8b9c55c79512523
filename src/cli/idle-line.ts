import type { IdleState } from "../control/idle.ts";
import { duration } from "../sys/duration.ts";

/** The limit that ends the container next, and what it does: `AI_DOCK_IDLE_MINUTES=30: exit`. */
export function limitWords({ action, ends, idle_minutes, max_hours }: IdleState): string {
  const limit =
    ends?.why === "lifetime" ? `AI_DOCK_MAX_HOURS=${max_hours}` : `AI_DOCK_IDLE_MINUTES=${idle_minutes}`;
  return `${limit}: ${action}`;
}

/** One line for `status`; undefined where a notice says more. `now` in epoch milliseconds. */
export function idleLine(idle: IdleState | null | undefined, now: number): string | undefined {
  if (idle == null || idle.ends === null || (idle.phase !== "busy" && idle.phase !== "idle"))
    return undefined;
  const use =
    idle.phase === "busy"
      ? `In use (${idle.busy[0]?.detail ?? ""})`
      : `Not used for ${duration(now - idle.last_activity)}`;
  return `${use}; ${limitWords(idle)} in ${duration(idle.ends.at - now)} at the earliest`;
}
