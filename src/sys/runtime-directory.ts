import { accessSync, constants, lstatSync } from "node:fs";
import { ensureDirectory } from "./fs.ts";

/** The second one is there, in memory and empty at first, also where nothing else can be written. */
const directories = ["/run/ai-dock", "/dev/shm/ai-dock"] as const;

/** Makes the directory for what lives as long as this container runs: in /run, or where that cannot be written. */
export function makeRuntimeDirectory(): string {
  const usable = directories.find((path) => {
    try {
      ensureDirectory(path, 0o755);
      accessSync(path, constants.W_OK);
      return ownerOf(path) === process.getuid?.();
    } catch {
      return false;
    }
  });
  return usable ?? directories[0];
}

/** Where the init of this container has made it. A directory of any other user is not trusted. */
export function findRuntimeDirectory(file: string): string {
  const trusted = new Set([0, process.getuid?.(), ownerOf("/proc/1")]);
  return (
    directories.find((path) => ownerOf(`${path}/${file}`) !== undefined && trusted.has(ownerOf(path))) ??
    directories[0]
  );
}

function ownerOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.uid;
}
