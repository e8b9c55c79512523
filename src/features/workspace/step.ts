import { accessSync, constants, mkdirSync } from "node:fs";
import type { BootContext, Step } from "../step.ts";
import { AiDockError, errnoOf, messageOf } from "../../errors.ts";
import { schema } from "../../env/schema.ts";
import { readVariable } from "../../env/types.ts";
import { normalizeWorkspace } from "../../env/workspace.ts";
import { DirectoryHandle } from "../../sys/directory-handle.ts";
import { mountAt } from "../../sys/mounts.ts";
import { keepsOwners } from "./permissions.ts";
import { enterFolder, grantOwner, setFile } from "./folder.ts";

/** Lies in a workspace that is no volume. */
export const WARNING_FILE = "WARNING-NO-MOUNT.txt";

/** A file by which users of ai-dock images keep their apps at the version that they have. */
const UPDATE_LOCK = ".update_lock";

const FIRST_ID = 1000;

const LOST = "its files are lost when the container is deleted";

/** Makes the workspace, and exports its path, owner and whether it is a mounted volume. */
export function prepareWorkspace(context: BootContext, mountinfo?: string) {
  const { env, log, settings } = context;
  // An invalid path, for which the default stands in, has a line of its own.
  const isToldAlready = readVariable(schema.WORKSPACE, env["WORKSPACE"]) === undefined;
  const workspace = exportUnknown(context);
  create(workspace);
  const mounted = mountAt(workspace, mountinfo) !== undefined;
  using directory = DirectoryHandle.open(workspace);
  const { uid, gid } = directory.stat();
  Object.assign(env, { WORKSPACE_MOUNTED: String(mounted) });
  Object.assign(env, { WORKSPACE_UID: String(uid), WORKSPACE_GID: String(gid) });
  if (!mounted && !isToldAlready)
    log.warn(`WORKSPACE: expected a mount at "${workspace}", got none; ${LOST}`);
  const isLocked = directory.entry(UPDATE_LOCK)?.isDirectory() === false;
  if (isLocked) env["AUTO_UPDATE"] = "false";
  const fields = { path: workspace, mounted, uid, gid, ...(isLocked ? { updates: "locked" } : {}) };
  // Who says so knows better than a test. To the account, where root owns the workspace.
  if (mounted && env["WORKSPACE_PERMISSIONS"] !== "false")
    env["WORKSPACE_PERMISSIONS"] = String(keepsOwners(directory, uid || FIRST_ID, gid || FIRST_ID));
  const obstacle = writeObstacle(workspace);
  if (obstacle !== undefined) {
    log.warn(`WORKSPACE: expected a writable "${workspace}", got ${obstacle}; nothing is written to it`);
    return { message: "Workspace ready, but not writable", fields };
  }
  const acl = fill(directory, context, workspace, settings.SKIP_ACL || uid === 0 ? undefined : uid);
  try {
    const warning = `${workspace} is not a mounted volume: ${LOST}.\n`;
    setFile(directory, WARNING_FILE, mounted ? undefined : warning);
  } catch (error) {
    log.debug(`"${workspace}${WARNING_FILE}": ${messageOf(error)}`);
  }
  const message = mounted || !isToldAlready ? "Workspace ready" : `Workspace ready, but ${LOST}`;
  return { message, fields: { ...fields, acl } };
}

/** Exports the path, and what a workspace has of which nothing is known. */
function exportUnknown({ env, settings }: BootContext): string {
  const workspace = normalizeWorkspace(settings.WORKSPACE);
  Object.assign(env, { WORKSPACE: workspace, WORKSPACE_MOUNTED: "false" });
  Object.assign(env, { WORKSPACE_UID: "0", WORKSPACE_GID: "0" });
  return workspace;
}

/** Makes the folder `remote`, and gives the owner of the workspace access to both. The owner may have put a symlink there. */
function fill(workspace: DirectoryHandle, { log }: BootContext, path: string, owner: number | undefined) {
  const grant = (directory: DirectoryHandle, shown: string) =>
    owner === undefined ? "skipped" : grantOwner(directory, shown, owner, log);
  const acl = grant(workspace, path);
  try {
    using remote = enterFolder(workspace, "remote", `${path}remote`);
    const below = acl === "failed" ? acl : grant(remote, `${path}remote`);
    return below === "kept" ? acl : below;
  } catch (error) {
    log.warn(`${messageOf(error)}; remotes get no folder`);
    return acl;
  }
}

function create(workspace: string): void {
  try {
    mkdirSync(workspace, { recursive: true });
  } catch (error) {
    const reason = ["ENOTDIR", "EEXIST"].includes(errnoOf(error) ?? "") ? "a file" : messageOf(error);
    throw new AiDockError(`WORKSPACE: expected a directory at "${workspace}", got ${reason}; boot goes on`, {
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

export const workspaceStep: Step = {
  name: "workspace",
  run: async (context) => prepareWorkspace(context),
  withoutWorkspace(context) {
    exportUnknown(context);
    // Its file may be there.
    context.env["AUTO_UPDATE"] = "false";
  },
};
