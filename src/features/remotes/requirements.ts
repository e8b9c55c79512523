import { accessSync, constants, existsSync, lstatSync } from "node:fs";
import { workspaceOf } from "../../env/workspace.ts";
import { hasCapability, isCapabilityWithinBounds, isRoot, lookupUser } from "../../sys/users.ts";
import { findProgram } from "../../sys/which.ts";
import { readIfExists } from "../../sys/fs.ts";
import { isSilent } from "../../sys/silent-mounts.ts";

/** A requirement of mounting. */
export interface Requirement {
  name: string;
  met: boolean;
  /** What was found, or why that is not enough. */
  message: string;
  /** How to meet the requirement. */
  fix: string;
}

/** Everything that mounting a remote needs in this container. */
export function mountRequirements(env: Record<string, string>): Requirement[] {
  return [
    installed("rclone", env, "use an image with rclone, or see rclone.org/install"),
    installed("fusermount3", env, "apt-get install fuse3"),
    capability(),
    device(),
    allowOther(),
    ...(isRoot() ? [] : [namedUser()]),
    ...["remote", "remote/.cache"].map((name) => ownFolder(`${workspaceOf(env)}${name}`)),
  ];
}

/** Why no remote can be mounted in this container, with the fix; undefined when all requirements are met. */
export function mountObstacle(env: Record<string, string>): string | undefined {
  const missing = mountRequirements(env).find(({ met }) => !met);
  return missing && `${missing.name}: ${missing.message}; ${missing.fix}`;
}

function installed(name: string, { PATH }: Record<string, string>, fix: string): Requirement {
  const path = findProgram(name, PATH);
  return { name, met: path !== undefined, message: path ?? "not installed", fix };
}

/** The owner of the workspace may put a symlink there. Only a message: cache.ts and mount-point.ts follow none. */
function ownFolder(name: string): Requirement {
  const fix = "restart the container once it answers";
  if (isSilent(name)) return { name, met: false, message: "its mount did not answer", fix };
  const met = !isLink(name);
  return { name, met, message: met ? "no link" : "a link, which is not followed", fix: `rm ${name}` };
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    // Missing, or below a file.
    return false;
  }
}

/** Without root, the setuid program fusermount3 mounts. */
function capability(): Requirement {
  const met = isRoot() ? hasCapability("SYS_ADMIN") : isCapabilityWithinBounds("SYS_ADMIN");
  return {
    name: "capability SYS_ADMIN",
    met,
    message: met ? "granted" : "not granted, so remotes cannot be mounted",
    fix: "docker run --cap-add SYS_ADMIN --security-opt apparmor:unconfined",
  };
}

function device(): Requirement {
  const name = "/dev/fuse";
  const fix = "docker run --device /dev/fuse";
  if (!existsSync(name)) return { name, met: false, message: "not there, so remotes cannot be mounted", fix };
  try {
    accessSync(name, constants.R_OK | constants.W_OK);
    return { name, met: true, message: "there", fix };
  } catch {
    const open = "chmod 0666 /dev/fuse on the host, or run the container as root";
    return { name, met: false, message: "cannot be opened by this user", fix: isRoot() ? fix : open };
  }
}

/** fusermount3 refuses a uid without a name. */
function namedUser(): Requirement {
  const id = String(process.getuid?.());
  const account = lookupUser(id);
  return {
    name: "user name",
    met: account !== undefined,
    message: account?.name ?? `none for uid ${id}, so remotes cannot be mounted`,
    fix: `add the user to the image: useradd --uid ${id} NAME`,
  };
}

function allowOther(): Requirement {
  const set = /^\s*user_allow_other\s*$/m.test(readIfExists("/etc/fuse.conf") ?? "");
  const missing = isRoot() ? "not set in /etc/fuse.conf, which root does not need" : "not set";
  return {
    name: "user_allow_other",
    met: set || isRoot(),
    message: set ? "set in /etc/fuse.conf" : missing,
    fix: "echo user_allow_other >>/etc/fuse.conf",
  };
}
