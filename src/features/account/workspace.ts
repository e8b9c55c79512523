import { chownSync, readdirSync } from "node:fs";
import { messageOf } from "../../errors.ts";
import { DirectoryHandle } from "../../sys/directory-handle.ts";
import { HOOK_DIRECTORY } from "../hooks/find.ts";
import type { BootContext } from "../step.ts";
import { enterFolder, grantOwner } from "../workspace/folder.ts";
import { WARNING_FILE } from "../workspace/step.ts";
import { isSilent } from "../../sys/silent-mounts.ts";
import { ROOT_HOME } from "../../sys/users.ts";
import type { Entry } from "./lines.ts";

/** What a workspace holds that nobody has used yet: our own, and what file systems begin with. */
const FRESH = new Set([WARNING_FILE, "remote", "lost+found"]);

const WRITABLE_BY_ALL = 0o002;

/**
 * Lets the account write to a workspace of root's: a fresh one is the account's from now on, a volume with content gives
 * it access by an access control list. Files in it stay as they are, and so does a directory of the image. Exports whose
 * the workspace is then. Never throws.
 */
export function giveWorkspace(entry: Entry, { env, log, settings }: BootContext): void {
  const path = env["WORKSPACE"];
  if (path === undefined || env["WORKSPACE_UID"] !== "0" || isSilent(path)) return;
  const refuse = (got: string) =>
    log.warn(
      `WORKSPACE: expected a directory that "${entry.name}" can write to, got ${got}; it stays as it is`,
    );
  try {
    using directory = DirectoryHandle.open(path);
    const { uid, mode } = directory.stat();
    if (uid !== 0) return;
    const isFresh = readdirSync(directory.path).every((name) => FRESH.has(name));
    if (holdsScripts(directory.location) || (!isFresh && env["WORKSPACE_MOUNTED"] !== "true"))
      return refuse(`one of the image's, "${path}"`);
    const isGiven = isFresh && env["WORKSPACE_PERMISSIONS"] !== "false";
    if (isGiven) chownSync(directory.path, entry.uid, entry.gid);
    const granted = settings.SKIP_ACL ? "failed" : grant(directory, path, entry, log);
    if (!isGiven && granted === "failed" && (mode & WRITABLE_BY_ALL) === 0)
      return refuse(`root's "${path}" (chown ${entry.uid}:${entry.gid} helps)`);
    Object.assign(env, { WORKSPACE_UID: String(entry.uid), WORKSPACE_GID: String(entry.gid) });
  } catch (error) {
    refuse(messageOf(error));
  }
}

/** What root runs or trusts: its hooks, its keys and shell. */
const ROOTS_OWN = [HOOK_DIRECTORY, ROOT_HOME];

/** True where root's own scripts are in or below a directory: whoever can write to it could put others in their place. */
export function holdsScripts(directory: string): boolean {
  return ROOTS_OWN.some((own) => `${own}/`.startsWith(directory === "/" ? directory : `${directory}/`));
}

/** As the step of the workspace does for an owner that it finds. */
function grant(directory: DirectoryHandle, path: string, { uid }: Entry, log: BootContext["log"]) {
  const granted = grantOwner(directory, path, uid, log);
  if (granted === "failed") return granted;
  using remote = enterFolder(directory, "remote", `${path}remote`);
  grantOwner(remote, `${path}remote`, uid, log);
  return granted;
}
