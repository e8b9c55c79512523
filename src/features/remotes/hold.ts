import { isCacheOurs, lockCache, unlockCache } from "./lock.ts";
import { coverMountPoint, releaseMountPoint } from "./mount-point.ts";
import type { Place } from "./layout.ts";

const held = new Map<string, Place>();

/** Makes a cache ours and keeps its mount point from being written. Throws when either cannot be. */
export function holdPlace(place: Place): void {
  lockCache(place.cache);
  held.set(place.cache, place);
  coverMountPoint(place.mountPoint);
}

/** Takes away what was mounted there and leaves the cache to others. Touches nothing that is not ours. */
export function releasePlace({ cache, mountPoint }: Place): void {
  held.delete(cache);
  if (!isCacheOurs(cache)) return;
  releaseMountPoint(mountPoint);
  unlockCache(cache);
}

/** So that nothing of ours stays on the host, where the workspace is shared with it, however the boot has ended. */
export function releasePlaces(): void {
  for (const place of held.values()) releasePlace(place);
}
