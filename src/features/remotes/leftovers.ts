import { existsSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { lockCache, unlockCache } from "./lock.ts";
import { releaseMountPoint } from "./mount-point.ts";
import { CACHES, type Place } from "./layout.ts";

/**
 * Takes away the mount points of remotes that are not mounted here any more, as a killed container leaves them: a
 * dead mount, a cover, or an empty directory that invites someone to write to it. `workspace` ends in a slash.
 */
export function clearLeftovers(workspace: string, inUse: Place[]): void {
  const used = new Set(inUse.map(({ mountPoint }) => basename(mountPoint)));
  for (const name of namesIn(`${workspace}remote`)) {
    const cache = `${workspace}${CACHES}/${name}`;
    // Whatever has no cache is none of ours.
    if (used.has(name) || !existsSync(cache)) continue;
    try {
      lockCache(cache);
    } catch {
      // Another container on the same workspace has it mounted.
      continue;
    }
    releaseMountPoint(`${workspace}remote/${name}`);
    unlockCache(cache);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
