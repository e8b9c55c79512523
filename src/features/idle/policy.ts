import type { IdleAction } from "../../env/idle-variables.ts";
import type { Settings } from "../../env/schema.ts";
import type { IdleState } from "../../control/idle.ts";
import type { Limits, Why } from "./clock.ts";
import { duration } from "../../sys/duration.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const LONGEST_INTERVAL = MINUTE;
const SHORTEST_INTERVAL = 500;
/** Limits of some minutes are looked at more often than once a minute. */
const LOOKS_A_LIMIT = 5;

/** What the settings say about idle containers at this moment. */
export interface Policy {
  limits: Limits;
  /** Milliseconds between two looks. */
  interval: number;
  action: IdleAction;
  /** The action without the words of a command, which may hold a secret. */
  kind: IdleState["action"];
}

/** Undefined where neither limit is set. */
export function policyOf(settings: Settings): Policy | undefined {
  const { AI_DOCK_IDLE_MINUTES: minutes, AI_DOCK_MAX_HOURS: hours, AI_DOCK_IDLE_ACTION: action } = settings;
  if (minutes === 0 && hours === 0) return undefined;
  const [idle, life] = [minutes === 0 ? undefined : minutes * MINUTE, hours === 0 ? undefined : hours * HOUR];
  const shortest = Math.min(idle ?? Infinity, life ?? Infinity);
  const kind = action.startsWith("exec:") ? "exec" : (action as Exclude<IdleAction, `exec:${string}`>);
  return {
    // Where nothing ends, there is nothing to count down to.
    limits: { idle, life, warning: kind === "report" ? 0 : settings.AI_DOCK_IDLE_WARNING * MINUTE },
    interval: Math.max(SHORTEST_INTERVAL, Math.min(LONGEST_INTERVAL, shortest / LOOKS_A_LIMIT)),
    action,
    kind,
  };
}

const ends: Record<IdleState["action"], string> = {
  report: "",
  exit: "the container ends",
  vast: "vast.ai stops this instance",
  runpod: "RunPod stops this pod",
  exec: "the command of AI_DOCK_IDLE_ACTION runs",
};

const KEEP = 'any activity or "ai-dock idle keep 2h" keeps it';
const FIRM = "AI_DOCK_MAX_HOURS ends it even in use";

/** What the end of a countdown brings, in one line. */
export function warningText({ limits, kind }: Policy, why: Why, left: number): string {
  const then = `${ends[kind]} in ${duration(left)}`;
  return why === "idle"
    ? `Nobody uses this container: ${then}; ${KEEP}`
    : `This container is at the end of its ${duration(limits.life ?? 0)}: ${then}; ${FIRM}`;
}

/** What has come, in one line. */
export function endText(policy: Policy, why: Why): string {
  const { kind } = policy;
  const then = ends[kind];
  return kind === "report"
    ? `${causeText(policy, why)}; AI_DOCK_IDLE_ACTION=report leaves it running`
    : `${causeText(policy, why)}: ${then}`;
}

/** What stands after a command that the container has outlived; `isDone`: the command has done its work. */
export function outlivedText(policy: Policy, why: Why, isDone: boolean): string {
  const what = isDone ? "has run" : "cannot run";
  return `${causeText(policy, why)}: the command of AI_DOCK_IDLE_ACTION ${what}`;
}

function causeText({ limits }: Policy, why: Why): string {
  return why === "idle"
    ? `nobody has used this container for ${duration(limits.idle ?? 0)}`
    : `this container is older than ${duration(limits.life ?? 0)}`;
}
