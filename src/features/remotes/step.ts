import { workspaceOf } from "../../env/workspace.ts";
import { messageOf } from "../../errors.ts";
import { describeOrphan, enterCaches, enterRemotes, orphanedUploads } from "./cache.ts";
import { layoutRemotes, type RemoteLayout } from "./layout.ts";
import { listRemotes } from "./list.ts";
import { clearLeftovers, RemoteMount } from "./mount.ts";
import { REMOTES_GROUP } from "./program.ts";
import { mountObstacle } from "./requirements.ts";
import type { DirectoryHandle } from "../../sys/directory-handle.ts";
import type { BootContext, Step } from "../step.ts";
import { collectPrograms } from "../programs.ts";
import { setFile } from "../workspace/folder.ts";

const CANNOT_MOUNT = "WARNING-CANNOT-MOUNT-REMOTES.txt";
const NONE_CONFIGURED = "WARNING-NO-REMOTES-CONFIGURED.txt";
const NONE = "No remotes are configured: rclone config, then ai-dock update";

/**
 * Finds the remotes, exports RCLONE_MOUNT_COUNT, and covers the mount points, so that hooks and provisioning cannot
 * write beneath a remote that is mounted later.
 */
async function prepareRemotes({ env, log, signal }: BootContext) {
  const workspace = workspaceOf(env);
  using entered = enter(workspace);
  const obstacle = mountObstacle(env) ?? entered.problem;
  const { remotes, problems } = await listRemotes(env, signal);
  const count = obstacle === undefined ? remotes.length : 0;
  env["RCLONE_MOUNT_COUNT"] = String(count);
  const none = obstacle === undefined && remotes.length === 0;
  const files: [name: string, text: string | undefined][] = [
    [CANNOT_MOUNT, obstacle && `Remotes cannot be mounted in this container. ${obstacle}\n`],
    [NONE_CONFIGURED, none ? `${problems[0] ?? NONE}\n` : undefined],
  ];
  for (const [name, text] of files) {
    try {
      if (entered.folder !== undefined) setFile(entered.folder, name, text);
    } catch (error) {
      log.debug(`"${workspace}remote/${name}": ${messageOf(error)}`);
    }
  }
  const layouts = layoutRemotes(remotes, workspace);
  for (const orphan of await orphanedUploads(layouts, workspace)) log.warn(describeOrphan(orphan));
  const wanted = obstacle === undefined ? await remotesToMount(layouts, env, signal) : [];
  try {
    if (entered.problem === undefined) await clearLeftovers(workspace, wanted);
  } catch (error) {
    log.debug(`"${workspace}remote": ${messageOf(error)}`);
  }
  for (const layout of wanted) {
    try {
      RemoteMount.of(layout).hold();
    } catch (error) {
      log.warn(`${layout.remote.name}: it cannot be mounted: ${messageOf(error)}`);
    }
  }
  if (remotes.length === 0) return undefined;
  if (obstacle !== undefined) log.warn(`Remotes cannot be mounted: ${obstacle}`);
  return { message: "Remotes found", fields: { configured: remotes.length, mountable: count } };
}

/** Remotes neither disabled nor replaced by a drop-in, as known before hooks and provisioning run. */
async function remotesToMount(
  layouts: RemoteLayout[],
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<RemoteLayout[]> {
  const { programs } = await collectPrograms({ env, signal });
  const mounts = programs.filter(
    ({ group, origin, skipped }) =>
      group === REMOTES_GROUP && origin.kind === "builtin" && skipped === undefined,
  );
  const names = new Set(mounts.map(({ name }) => name));
  return layouts.filter(({ program }) => names.has(program));
}

interface Entered extends Disposable {
  folder?: DirectoryHandle;
  problem?: string;
}

/** The folder of remotes, and why none can be mounted there: a link, or caches that are not this user's own. */
function enter(workspace: string): Entered {
  const entered: Entered = { [Symbol.dispose]: () => entered.folder?.[Symbol.dispose]() };
  try {
    entered.folder = enterRemotes(workspace).remote;
    enterCaches(workspace).directory[Symbol.dispose]();
  } catch (error) {
    entered.problem = messageOf(error);
  }
  return entered;
}

export const remotesStep: Step = {
  name: "remotes",
  run: prepareRemotes,
  withoutWorkspace({ env }) {
    env["RCLONE_MOUNT_COUNT"] = "0";
  },
};
