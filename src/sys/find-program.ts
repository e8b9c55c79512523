import { accessSync, constants, statSync } from "node:fs";

/** PATH where none is set. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Where a program is that a PATH leads to, as `which` tells it; an empty part of it is the current directory. */
export function findProgram(name: string, path = DEFAULT_PATH): string | undefined {
  return path
    .split(":")
    .map((folder) => `${folder === "" ? "." : folder}/${name}`)
    .find(isExecutableFile);
}

export function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
