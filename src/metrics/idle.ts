import type { IdleState } from "../control/idle.ts";
import type { Exposition } from "./exposition.ts";
import { gauge } from "./metric.ts";

const PHASES = ["busy", "idle", "warning", "acting", "reported"];
/** What the guard looks at; of another version counts as `other`. */
const SOURCES = [
  "ssh",
  "terminal",
  "web",
  "port",
  "transfer",
  "cpu",
  "gpu",
  "boot",
  "provisioning",
  "uploads",
  "check",
  "keep",
];
const OTHER = "other";

const name = (rest: string) => `ai_dock_idle_${rest}`;

export const idleMetrics = {
  phase: gauge(
    name("phase"),
    "1 for what the guard of idle containers makes of this one, 0 for all else",
    "phase",
  ),
  activities: gauge(name("activities"), "What keeps the container from being idle, by source", "source"),
  last: gauge(name("last_activity_time_seconds"), "When there was activity last, since the epoch"),
  end: gauge(
    name("end_time_seconds"),
    "When the guard acts if all stays as it is, since the epoch",
    "reason",
  ),
  kept: gauge(
    name("kept_until_time_seconds"),
    "Until when `ai-dock idle keep` holds the guard off, since the epoch",
  ),
};

/** Nothing where the guard is off. */
export function addIdle(to: Exposition, idle: IdleState | null): void {
  if (idle === null) return;
  const m = idleMetrics;
  to.addState(m.phase, idle.phase, PHASES);
  const counts = new Map(SOURCES.map((source) => [source, 0]));
  for (const { source } of idle.busy) {
    const known = counts.has(source) ? source : OTHER;
    counts.set(known, (counts.get(known) ?? 0) + 1);
  }
  for (const [source, count] of counts) to.add(m.activities, count, source);
  to.add(m.last, idle.last_activity / 1000);
  if (idle.ends !== null) to.add(m.end, idle.ends.at / 1000, idle.ends.why);
  if (idle.kept_until !== null) to.add(m.kept, idle.kept_until / 1000);
}
