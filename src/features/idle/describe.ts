import type { IdleActivity, IdleState } from "../../control/idle.ts";
import type { Activity } from "./activity/activity.ts";
import type { End, IdleClock } from "./clock.ts";
import type { Policy } from "./policy.ts";

/** On a port without a login, strangers can have thousands of connections: `status` and the portal hear of so many. */
const MOST_SHOWN = 20;

/** What the last look has found, and since when it was found at each look. */
export class Findings {
  readonly #since = new Map<string, number>();
  #busy: IdleActivity[] = [];

  get busy(): IdleActivity[] {
    return this.#busy;
  }

  /** Why the container stays, in words. */
  get reason(): string {
    return this.#busy[0]?.detail ?? "it is kept";
  }

  /** Takes what a look has found; `time` in epoch milliseconds. */
  take(all: Activity[], time = Date.now()): void {
    const found = all.slice(0, MOST_SHOWN);
    const next = all[MOST_SHOWN];
    if (next !== undefined) found.push({ ...next, detail: `and ${all.length - MOST_SHOWN} more` });
    const keyOf = ({ source, detail }: Activity) => `${source} ${detail}`;
    const keys = new Set(found.map(keyOf));
    for (const key of this.#since.keys()) if (!keys.has(key)) this.#since.delete(key);
    this.#busy = found.map((one) => {
      const since = this.#since.get(keyOf(one)) ?? time;
      this.#since.set(keyOf(one), since);
      return { ...one, since };
    });
  }
}

export interface Described {
  policy: Policy;
  clock: IdleClock;
  findings: Findings;
  isActing: boolean;
  /** On the clock of the guard. */
  now: number;
}

/** The state as others see it, with times of day. */
export function describe({ policy, clock, findings, isActing, now }: Described): IdleState {
  const { limits, kind } = policy;
  const time = Date.now();
  const epoch = (at: number) => Math.round(time + at - now);
  const end = clock.end(now);
  const kept = clock.keptUntil(now);
  const keep = { source: "keep", detail: "ai-dock idle keep", measured: true };
  const busy =
    kept === undefined ? findings.busy : [...findings.busy, { ...keep, since: epoch(clock.lastActive) }];
  return {
    phase: isActing ? "acting" : phaseOf(clock, end, busy),
    action: kind,
    idle_minutes: limits.idle === undefined ? null : limits.idle / 60_000,
    max_hours: limits.life === undefined ? null : limits.life / 3_600_000,
    busy,
    last_activity: epoch(clock.lastActive),
    ends: end === undefined ? null : { why: end.why, at: epoch(end.at) },
    kept_until: kept === undefined ? null : epoch(kept),
    looked: time,
  };
}

function phaseOf(clock: IdleClock, end: End | undefined, busy: IdleActivity[]): IdleState["phase"] {
  if (clock.isSettled("idle") || (end === undefined && clock.isSettled("lifetime"))) return "reported";
  if (end?.isWarned === true) return "warning";
  return busy.length > 0 ? "busy" : "idle";
}
