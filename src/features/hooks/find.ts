import { readdirSync, statSync } from "node:fs";
import { isExecutableFile } from "../../sys/which.ts";

/** Where images put their hooks; there they need not be executable. */
export const HOOK_DIRECTORY = "/opt/ai-dock/bin";

/** A hook as `which` finds it on PATH, else the one of that name in the directory of hooks. */
export function findHook(name: string, path: string | undefined, directory = HOOK_DIRECTORY) {
  const onPath = (path ?? "").split(":").map((folder) => `${folder}/${name}`);
  const fallback = `${directory}/${name}`;
  return (
    onPath.find((file) => file.startsWith("/") && isExecutableFile(file)) ??
    (isFile(fallback) ? fallback : undefined)
  );
}

/** The `*.sh` files of a directory in the order of their names; none when it is not there. */
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
