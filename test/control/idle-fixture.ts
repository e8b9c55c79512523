import type { IdleControl, IdleState } from "../../src/control/idle.ts";

/** A guard that looks at nothing: what it is told to keep it keeps. */
export function fixedIdle(initial: IdleState | null = null): IdleControl & { current: IdleState | null } {
  return {
    current: initial,
    state() {
      return this.current;
    },
    keep(seconds) {
      const now = Date.now();
      const kept = seconds === null ? null : now + seconds * 1000;
      this.current = { ...someIdleState, ...this.current, phase: "busy", kept_until: kept, looked: now };
      return this.current;
    },
  };
}

export const someIdleState: IdleState = {
  phase: "idle",
  action: "exit",
  idle_minutes: 30,
  max_hours: null,
  busy: [],
  last_activity: 0,
  ends: { why: "idle", at: 1_800_000 },
  kept_until: null,
  looked: 0,
};
