import { posix } from "node:path";
import { schema } from "./schema.ts";
import { readVariable } from "./types.ts";

/** Exactly one slash at the end, none doubled: child images join `${WORKSPACE}name` without a slash. */
export function normalizeWorkspace(path: string): string {
  return posix.normalize(`/${path}/`);
}

/** The workspace, and the folders of ours in it. */
export function workspaceFolders(env: Record<string, string>): string[] {
  return ["", "storage", "remote", "remote/.cache"].map((name) => `${workspaceOf(env)}${name}`);
}

/** The workspace of an environment, exported by a boot or not; the default where WORKSPACE is invalid. */
export function workspaceOf(env: Record<string, string>): string {
  const { value } = readVariable(schema.WORKSPACE, env["WORKSPACE"]) ?? { value: schema.WORKSPACE.fallback };
  return normalizeWorkspace(value);
}
