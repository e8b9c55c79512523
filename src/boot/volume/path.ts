import { posix } from "node:path";

/** Exactly one slash at the end, none doubled: child images join `${WORKSPACE}name` without a slash. */
export function normalizeWorkspace(path: string): string {
  return posix.normalize(`/${path}/`);
}
