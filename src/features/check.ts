import type { StatusReply } from "../control/replies.ts";
import type { Settings } from "../env/schema.ts";

/** What one look has found. */
export interface CheckResult {
  /** What was looked at. */
  name: string;
  status: "ok" | "warning" | "error";
  /** What is there, or why it is not well. */
  message: string;
  /** What makes it well. */
  fix?: string;
}

/** What every check may look at. */
export interface DoctorContext {
  env: Record<string, string>;
  settings: Settings;
  /** Of the supervisor, where one answers. */
  status: StatusReply | undefined;
}

/** Looks at one part of the container; an empty list where that part is not in use. */
export type Check = (context: DoctorContext) => CheckResult[] | Promise<CheckResult[]>;

export function ok(name: string, message: string): CheckResult {
  return { name, status: "ok", message };
}

export function warning(name: string, message: string, fix?: string): CheckResult {
  return { name, status: "warning", message, ...(fix === undefined ? {} : { fix }) };
}

export function failed(name: string, message: string, fix?: string): CheckResult {
  return { name, status: "error", message, ...(fix === undefined ? {} : { fix }) };
}
