import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { formatFiles } from "../../sys/disk.ts";
import { type Pending, pendingIn } from "./cache.ts";
import { CACHES, type Place } from "./layout.ts";

export interface Orphan extends Pending {
  cache: string;
}

/** What waits to be uploaded to remotes that are not configured any more; `workspace` ends in a slash. */
export async function orphanedUploads(places: Place[], workspace: string): Promise<Orphan[]> {
  const used = new Set(places.map(({ cache }) => cache));
  const folders = await readdir(workspace + CACHES).catch(() => []);
  const unused = folders.map((name) => join(workspace + CACHES, name)).filter((cache) => !used.has(cache));
  const nothing = { files: 0, bytes: 0 };
  const found = await Promise.all(
    unused.map(async (cache) => ({ cache, ...(await pendingIn(cache).catch(() => nothing)) })),
  );
  return found.filter(({ files }) => files > 0);
}

/** In one line. */
export function describeOrphan({ cache, files }: Orphan): string {
  return `"${cache}" holds ${formatFiles(files)} for a remote that is not configured any more`;
}
