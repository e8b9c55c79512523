import { resolve } from "node:path";
import { isOnRcloneMount, type Mount, networkMountsOf } from "./mounts.ts";

/** Where network and FUSE mounts are that did not answer when they were asked. */
const silent = new Set<string>();

/** From now on this process leaves alone what these mounts hold, also where they answer again: others may hang by then. */
export function leaveAlone(mounts: Mount[]): void {
  for (const { target } of mounts) silent.add(target);
}

/** True for a path into a mount that is left alone: any syscall on it may take for ever. */
export function isSilent(path: string): boolean {
  return silent.size > 0 && networkMountsOf(resolve(path)).some(({ target }) => silent.has(target));
}

/** Why a log at a path would hang its reader or writer; undefined where that is not to be expected. */
export function hangReason(path: string): string | undefined {
  if (isOnRcloneMount(path)) return "it is on a remote, which may hang";
  return isSilent(path) ? "it is on a mount that did not answer" : undefined;
}

/**
 * The network and FUSE mounts on the way to some paths that do not answer within so many milliseconds, or before the abort,
 * and those that are left alone; this process itself touches none of them. What asks is loaded where there is such a mount.
 */
export async function silentMounts(
  paths: string[],
  milliseconds: number,
  signal?: AbortSignal,
): Promise<Mount[]> {
  const asked = new Map(
    paths.flatMap((path) => networkMountsOf(resolve(path))).map((one) => [one.target, one]),
  );
  const mounts = [...asked.values()];
  const open = mounts.filter(({ target }) => !silent.has(target));
  if (open.length === 0) return mounts;
  const { whoIsSilent } = await import("./ask-mounts.ts");
  const found = await whoIsSilent(open, milliseconds, signal);
  return mounts.filter((mount) => !open.includes(mount) || found.includes(mount));
}
