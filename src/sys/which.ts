import { accessSync, constants, statSync } from "node:fs";
import { isSilent } from "./silent-mounts.ts";

/** PATH where none is set. */
/** The PATH of a command whose environment has none. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Where a program is that a PATH leads to, as `which` tells it; an empty part of it is the current directory. */
export function findProgram(name: string, path?: string): string | undefined {
  return pathsOf(name, path).find(isExecutableFile);
}

/** Where a PATH says that a program may be, in order. */
export function pathsOf(name: string, path = DEFAULT_PATH): string[] {
  return path.split(":").map((folder) => `${folder === "" ? "." : folder}/${name}`);
}

export function isExecutableFile(path: string): boolean {
  if (isSilent(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
