import { readdirSync, statSync } from "node:fs";
import { isExecutableFile } from "../../sys/which.ts";

/** The directory of an image's hooks, which need not be executable there. */
export const HOOK_DIRECTORY = "/opt/ai-dock/bin";

/** Runs after those of the folder. */
export const MAIN_HOOK = "preflight.sh";
export const hookFolder = (directory: string) => `${directory}/preflight.d`;
/** Scripts that run before a stop. */
export const prestopFolder = (directory = HOOK_DIRECTORY) => `${directory}/prestop.d`;

/** Finds a hook on PATH, as `which` does, else in the directory of hooks. */
export function findHook(name: string, path: string | undefined, directory = HOOK_DIRECTORY) {
  const onPath = (path ?? "").split(":").map((folder) => `${folder}/${name}`);
  const fallback = `${directory}/${name}`;
  return (
    onPath.find((file) => file.startsWith("/") && isExecutableFile(file)) ??
    (isFile(fallback) ? fallback : undefined)
  );
}

/** True when there is a hook that runs before provisioning. */
export function hasHooks(path: string | undefined, directory = HOOK_DIRECTORY): boolean {
  return findHook(MAIN_HOOK, path, directory) !== undefined || listHooks(hookFolder(directory)).length > 0;
}

/** The `*.sh` files of a directory, sorted by name; none without the directory. */
export function listHooks(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith(".sh") && !name.startsWith("."))
      .toSorted()
      .map((name) => `${directory}/${name}`)
      .filter(isFile);
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
