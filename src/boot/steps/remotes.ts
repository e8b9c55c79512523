import { rmSync, writeFileSync } from "node:fs";
import { messageOf } from "../../errors.ts";
import { listRemotes } from "../../programs/builtin/rclone/list.ts";
import { clearLeftovers } from "../../programs/builtin/rclone/leftovers.ts";
import { lockCache } from "../../programs/builtin/rclone/lock.ts";
import { coverMountPoint } from "../../programs/builtin/rclone/mount-point.ts";
import { describeOrphan, orphanedUploads } from "../../programs/builtin/rclone/orphans.ts";
import { placesOf } from "../../programs/builtin/rclone/places.ts";
import { REMOTES_GROUP } from "../../programs/builtin/rclone/program.ts";
import { mountObstacle } from "../../programs/builtin/rclone/requirements.ts";
import { readIfExists } from "../../sys/fs.ts";
import type { BootContext, Step } from "../context.ts";

const CANNOT_MOUNT = "WARNING-CANNOT-MOUNT-REMOTES.txt";
const NONE_CONFIGURED = "WARNING-NO-REMOTES-CONFIGURED.txt";

/**
 * Finds out whether remotes can be mounted and which, exports RCLONE_MOUNT_COUNT, and keeps whatever runs
 * before they are mounted from writing to their mount points.
 */
export async function prepareRemotes({ env, log, settings, signal }: BootContext) {
  const workspace = env["WORKSPACE"] ?? "/workspace/";
  const folder = `${workspace}remote/`;
  const obstacle = mountObstacle(env);
  const { remotes } = await listRemotes(env, signal);
  const count = obstacle === undefined ? remotes.length : 0;
  env["RCLONE_MOUNT_COUNT"] = String(count);
  const none = obstacle === undefined && remotes.length === 0;
  const files: [name: string, text: string | undefined][] = [
    [CANNOT_MOUNT, obstacle && `Remotes cannot be mounted in this container. ${obstacle}\n`],
    [NONE_CONFIGURED, none ? "No remotes are configured: rclone config, then ai-dock update\n" : undefined],
  ];
  for (const [name, text] of files) {
    try {
      setFile(`${folder}${name}`, text);
    } catch (error) {
      log.debug(`"${folder}${name}": ${messageOf(error)}`);
    }
  }
  const places = placesOf(remotes, workspace);
  for (const orphan of await orphanedUploads(places, workspace)) log.warn(describeOrphan(orphan));
  const wanted = obstacle === undefined && !settings.AI_DOCK_DISABLE.includes(REMOTES_GROUP) ? places : [];
  clearLeftovers(workspace, wanted);
  for (const { mountPoint, cache, remote } of wanted) {
    try {
      // Where another container has it, its mount is not a leftover.
      lockCache(cache);
      coverMountPoint(mountPoint);
    } catch (error) {
      log.warn(`${remote.name}: it cannot be mounted: ${messageOf(error)}`);
    }
  }
  if (remotes.length === 0) return undefined;
  if (obstacle !== undefined) log.warn(`Remotes cannot be mounted: ${obstacle}`);
  return { message: "Remotes found", fields: { configured: remotes.length, mountable: count } };
}

function setFile(path: string, text: string | undefined): void {
  if (text === undefined) rmSync(path, { force: true });
  else if (readIfExists(path) !== text) writeFileSync(path, text);
}

export const remotesStep: Step = { name: "remotes", run: prepareRemotes };
