import { z } from "zod";

/** One thing that keeps the container from being idle. */
export const activitySchema = z.object({
  /** What was looked at: `ssh`, `terminal`, `web`, `port`, `transfer`, `cpu`, `gpu`, `boot`, `provisioning`, `uploads`, `check`, `keep`. */
  source: z.string(),
  detail: z.string(),
  /** False for what could not be measured, which counts as activity. */
  measured: z.boolean(),
  /** Since when it has kept the container busy without a break, in epoch milliseconds. */
  since: z.number(),
});

/** What the guard of idle containers knows as of its last look; times in epoch milliseconds. */
export const idleSchema = z.object({
  /** `reported`: the end was said, as AI_DOCK_IDLE_ACTION has it; `acting`: the action is carried out. */
  phase: z.enum(["busy", "idle", "warning", "acting", "reported"]),
  /** Without the words of a command. */
  action: z.enum(["report", "exit", "vast", "runpod", "exec"]),
  /** AI_DOCK_IDLE_MINUTES and AI_DOCK_MAX_HOURS; null where they are off. */
  idle_minutes: z.number().nullable(),
  max_hours: z.number().nullable(),
  busy: z.array(activitySchema),
  /** The last look that found activity, or what counts as such. */
  last_activity: z.number(),
  /** The next end, if all stays as it is. */
  ends: z.object({ why: z.enum(["idle", "lifetime"]), at: z.number() }).nullable(),
  kept_until: z.number().nullable(),
  looked: z.number(),
});

/** Null where neither limit is set. */
export const idleField = idleSchema.nullable();

export type IdleActivity = z.infer<typeof activitySchema>;
export type IdleState = z.infer<typeof idleSchema>;

/** Seconds from now in which the container is not idle; null ends that. */
export const keepRequest = z.object({ seconds: z.number().min(1).max(2_592_000).nullable() });

/** What others may have the guard do. */
export interface IdleControl {
  state: () => IdleState | null;
  /** Throws AiDockError where there is no guard. */
  keep: (seconds: number | null) => IdleState;
}
