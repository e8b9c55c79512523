import { accessSync, constants, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { BootContext, Step } from "../context.ts";
import { AiDockError, errnoOf, messageOf } from "../../errors.ts";
import { readIfExists } from "../../sys/fs.ts";
import { mountAt } from "../../sys/mounts.ts";
import { grantOwner } from "../volume/acl.ts";
import { normalizeWorkspace } from "../../env/workspace.ts";

const WARNING_FILE = "WARNING-NO-MOUNT.txt";
const LOST = "its files are lost when the container is deleted";

/** Makes the workspace ready and exports where it is, whether it lasts and whose it is. */
export function prepareWorkspace(context: BootContext, mountinfo?: string) {
  const { env, log, settings } = context;
  const workspace = normalizeWorkspace(settings.WORKSPACE);
  Object.assign(env, { WORKSPACE: workspace, WORKSPACE_MOUNTED: "false" });
  Object.assign(env, { WORKSPACE_UID: "0", WORKSPACE_GID: "0" });
  create(workspace, workspace);
  const mounted = mountAt(workspace, mountinfo) !== undefined;
  const { uid, gid } = statSync(workspace);
  Object.assign(env, { WORKSPACE_MOUNTED: String(mounted) });
  Object.assign(env, { WORKSPACE_UID: String(uid), WORKSPACE_GID: String(gid) });
  if (!mounted) log.warn(`WORKSPACE: expected a mount at "${workspace}", got none; ${LOST}`);
  const fields = { path: workspace, mounted, uid, gid };
  const obstacle = writeObstacle(workspace);
  if (obstacle !== undefined) {
    log.warn(`WORKSPACE: expected a writable "${workspace}", got ${obstacle}; nothing is written to it`);
    return { message: "Workspace ready, but not writable", fields };
  }
  const acl = settings.SKIP_ACL || uid === 0 ? "skipped" : grantOwner(workspace, uid, log);
  create(`${workspace}remote/.cache`, workspace);
  updateWarning(workspace, mounted);
  return { message: "Workspace ready", fields: { ...fields, acl } };
}

function create(path: string, workspace: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    const reason = ["ENOTDIR", "EEXIST"].includes(errnoOf(error) ?? "") ? "a file" : messageOf(error);
    throw new AiDockError(`WORKSPACE: expected a directory at "${path}", got ${reason}; boot goes on`, {
      code: "E_WORKSPACE",
      hint: `Mount a writable volume at ${workspace} or set WORKSPACE`,
      cause: error,
    });
  }
}

/** Why nothing can be written to a directory, or undefined. */
function writeObstacle(path: string): string | undefined {
  try {
    accessSync(path, constants.W_OK);
    return undefined;
  } catch (error) {
    return errnoOf(error) === "EROFS" ? "a read-only file system" : messageOf(error);
  }
}

/** The warning file is there exactly while the workspace is no mount. */
function updateWarning(workspace: string, mounted: boolean): void {
  const path = `${workspace}${WARNING_FILE}`;
  const text = `${workspace} is not a mounted volume: ${LOST}.\n`;
  if (mounted) {
    if (existsSync(path)) rmSync(path);
  } else if (readIfExists(path) !== text) writeFileSync(path, text);
}

export const workspaceStep: Step = {
  name: "workspace",
  run: async (context) => prepareWorkspace(context),
};
