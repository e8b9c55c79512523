import { posix } from "node:path";
import { readSettings } from "./load.ts";

/** Exactly one slash at the end, none doubled: child images join `${WORKSPACE}name` without a slash. */
export function normalizeWorkspace(path: string): string {
  return posix.normalize(`/${path}/`);
}

/** Where the workspace is in an environment, with or without a boot that has exported it. */
export function workspaceOf(env: Record<string, string>): string {
  return normalizeWorkspace(readSettings(env).settings.WORKSPACE);
}
