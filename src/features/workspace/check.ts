import { accessSync, constants, statSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import { workspaceOf } from "../../env/workspace.ts";
import { LOG_DIRECTORY } from "../../programs/spec.ts";
import { getXattr } from "../../sys/xattr.ts";
import { mountAt } from "../../sys/mounts.ts";
import { isSilent } from "../../sys/silent-mounts.ts";
import { type Check, failed, type CheckResult, ok, warning } from "../check.ts";
import { formatBytes, spaceOf } from "../../sys/disk.ts";

const LITTLE_BYTES = 1024 ** 3;
const LITTLE_SHARED_BYTES = 1024 ** 3;

/** Where data is kept: does it last, can it be written, is there room? */
export const workspaceCheck: Check = ({ env, settings }) => {
  const workspace = workspaceOf(env);
  if (isSilent(workspace))
    return [
      failed("workspace", `"${workspace}" does not answer`, "mend its server, then restart the container"),
    ];
  if (!isDirectory(workspace))
    return [failed("workspace", `"${workspace}" is no directory`, "set WORKSPACE to a directory")];
  return [
    checkMount(workspace),
    ...checkAcl(workspace, settings.SKIP_ACL),
    checkSpace(`room in ${workspace}`, workspace),
    checkSpace("room for logs", LOG_DIRECTORY),
    ...checkSharedMemory(),
  ];
};

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // Missing, a file, or a network mount that has gone.
    return false;
  }
}

function checkMount(workspace: string): CheckResult {
  try {
    accessSync(workspace, constants.W_OK);
  } catch {
    return failed("workspace", `"${workspace}" cannot be written`, "mount it writable");
  }
  if (mountAt(workspace) !== undefined) return ok("workspace", `"${workspace}" is a mounted volume`);
  const message = `"${workspace}" is no mounted volume; its files are lost with the container`;
  return warning("workspace", message, `docker run -v VOLUME:${workspace}`);
}

function checkAcl(workspace: string, skipped: boolean): CheckResult[] {
  if (skipped || statSync(workspace).uid === 0) return [];
  try {
    getXattr(workspace, "system.posix_acl_default");
    return [ok("acl", "the file system of the workspace has access control lists")];
  } catch (error) {
    if (!["ENOTSUP", "EOPNOTSUPP"].includes(errnoOf(error) ?? "")) throw error;
    const message =
      "the file system of the workspace has no access control lists: files of root may be closed to its owner";
    return [warning("acl", message, "SKIP_ACL=true silences this; chown files that the owner needs")];
  }
}

function checkSpace(name: string, path: string): CheckResult {
  const space = spaceOf(path);
  if (space === undefined) return failed(name, `"${path}" is not there`, `mkdir -p ${path}`);
  const message = `${formatBytes(space.freeBytes)} of ${formatBytes(space.totalBytes)} free`;
  if (space.freeBytes >= LITTLE_BYTES) return ok(name, message);
  return warning(name, message, "delete what is not needed, or mount a larger volume");
}

/** Docker's default of 64 MiB ends data loaders of PyTorch with a bus error. */
function checkSharedMemory(): CheckResult[] {
  const space = spaceOf("/dev/shm");
  if (space === undefined) return [];
  const message = `${formatBytes(space.totalBytes)} in /dev/shm`;
  if (space.totalBytes >= LITTLE_SHARED_BYTES) return [ok("shared memory", message)];
  return [
    warning(
      "shared memory",
      `${message}; PyTorch's data loaders need more`,
      "docker run --shm-size 8g, or --ipc host",
    ),
  ];
}
