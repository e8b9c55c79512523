import type { Explanation, ProgramSpec } from "../programs/spec.ts";
import type { ChildExit } from "../sys/children.ts";
import { describeExit } from "./exit-reason.ts";
import type { Event } from "./machine.ts";

/** How a process ended by itself. */
export interface End {
  exit: ChildExit;
  uptime: number;
  /** Before startsecs. */
  early: boolean;
  /** What the OOM killer has to do with the end, in words. */
  memory: string | undefined;
}

/** Why a program is being stopped that hangs. */
export interface Hang {
  reason: string;
  /** For so long its process did its work. */
  soundSeconds: number;
}

export interface Conclusion {
  event: Extract<Event, "exit" | "exit-early" | "give-up">;
  /** How the process ended, in words. */
  how: string;
  /** Why the program is not up, in words. */
  reason: string;
  isExpected: boolean;
  /** After an end that was no failed start. */
  isRestarted: boolean;
}

/** What follows from an end, by supervisord's rules and by what an observer knows of the end. */
export function conclusionOf(
  { exitcodes, autorestart }: ProgramSpec,
  { exit, memory, early }: End,
  explanation: Explanation | undefined,
): Conclusion {
  const isExpected = exit.code !== null && exitcodes.includes(exit.code);
  const isRestarted = autorestart === true || (autorestart === "unexpected" && !isExpected);
  const how = explanation?.reason ?? describeExit(exit, memory);
  const common = { how, reason: how, isExpected };
  if (explanation?.fatal) return { ...common, event: "give-up", isRestarted: false };
  if (!early || isExpected) return { ...common, event: "exit", isRestarted };
  const reason = explanation === undefined ? `Exited too quickly (${how})` : how;
  return { ...common, event: "exit-early", reason, isRestarted: false };
}
