import { workspaceOf } from "../../env/workspace.ts";
import { describeOrphan, orphanedUploads, pendingOf } from "./cache.ts";
import { mountControl } from "./control.ts";
import { layoutRemotes, type RemoteLayout } from "./layout.ts";
import { listRemotes } from "./list.ts";
import { isMounted } from "./mount-point.ts";
import { REMOTES_GROUP } from "./program.ts";
import type { ProgramStatus } from "../../supervisor/status.ts";

/** One remote in `remotes --json`; null where unknown. */
export interface RemoteRow {
  name: string;
  type: string;
  /** Where it was defined. */
  source: "file" | "environment";
  state: ProgramStatus["state"] | null;
  mounted: boolean;
  path: string;
  used_bytes: number | null;
  total_bytes: number | null;
  /** Writes that are not uploaded yet. */
  pending_files: number | null;
  pending_bytes: number | null;
  /** Size of the cached files. */
  cache_bytes: number | null;
  reason: string | null;
}

export interface RemoteRows {
  rows: RemoteRow[];
  /** Names of all remotes, chosen or not. */
  known: string[];
  /** What is wrong with the configuration of rclone. */
  problems: string[];
  /** A line for each cache with uploads whose remote is gone. */
  orphans: string[];
}

/** Describes the remotes of an environment, or those that are named. `programs` is the status of all programs. */
export async function remoteRows(
  env: Record<string, string>,
  programs: ProgramStatus[],
  names: string[],
): Promise<RemoteRows> {
  const { remotes, problems } = await listRemotes(env);
  const workspace = workspaceOf(env);
  const layouts = layoutRemotes(remotes, workspace);
  const chosen = layouts.filter(({ remote }) => names.length === 0 || names.includes(remote.name));
  const statusOf = ({ program }: RemoteLayout) =>
    programs.find(({ group, name }) => group === REMOTES_GROUP && name === program);
  const [rows, orphans] = await Promise.all([
    Promise.all(chosen.map((layout) => describeRemote(layout, statusOf(layout)))),
    orphanedUploads(layouts, workspace),
  ]);
  return { rows, known: remotes.map(({ name }) => name), problems, orphans: orphans.map(describeOrphan) };
}

/** Asks the rclone of a remote; pending uploads are counted in the cache. */
async function describeRemote(layout: RemoteLayout, status: ProgramStatus | undefined): Promise<RemoteRow> {
  const { remote, mountPoint } = layout;
  // The mount of an rclone that has died is still in the table of mounts.
  const mounted = isMounted(mountPoint) && status?.ready !== false;
  return {
    ...remote,
    state: status?.state ?? null,
    mounted,
    path: mountPoint,
    ...(mounted ? await live(layout) : { used_bytes: null, total_bytes: null, cache_bytes: null }),
    ...(await waiting(layout)),
    reason: status?.reason ?? status?.note ?? null,
  };
}

async function live({ remote, socket }: RemoteLayout) {
  const control = mountControl(socket);
  const [usage, stats] = await Promise.all([orNull(control.about(remote.name)), orNull(control.stats())]);
  return {
    used_bytes: usage?.used ?? null,
    total_bytes: usage?.total ?? null,
    cache_bytes: stats?.bytesUsed ?? null,
  };
}

/** Counted in the cache, which also has uploads that this rclone does not know, as after a change of its settings. */
async function waiting({ workspace, folder }: RemoteLayout) {
  const pending = await orNull(pendingOf(workspace, folder));
  return { pending_files: pending?.files ?? null, pending_bytes: pending?.bytes ?? null };
}

async function orNull<Value>(promise: Promise<Value>): Promise<Value | null> {
  return promise.catch(() => null);
}
