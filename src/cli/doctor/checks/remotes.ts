import { accessSync, constants, existsSync, statSync } from "node:fs";
import { hasCapability } from "../../../sys/capabilities.ts";
import { readIfExists } from "../../../sys/fs.ts";
import { type Check, failed, type Finding, ok, type Patient, warning } from "../check.ts";
import { formatBytes, spaceOf } from "../space.ts";

const CONFIG = "/etc/rclone/rclone.conf";
const LITTLE_CACHE_BYTES = 2 * 1024 ** 3;

/** Can remotes be mounted? Where none is configured, what is missing is no mistake. */
export const remotesCheck: Check = (patient) => {
  const wanted = isConfigured(patient);
  const missing = wanted ? failed : warning;
  const findings = [
    present(
      "rclone",
      findOnPath("rclone", patient.env["PATH"]),
      "use an image with rclone, or see rclone.org/install",
      missing,
    ),
    present("fusermount3", findOnPath("fusermount3", patient.env["PATH"]), "apt-get install fuse3", missing),
    hasCapability("SYS_ADMIN")
      ? ok("capability SYS_ADMIN", "granted")
      : missing(
          "capability SYS_ADMIN",
          "not granted, so remotes cannot be mounted",
          "docker run --cap-add SYS_ADMIN --security-opt apparmor:unconfined",
        ),
    fuseDevice(missing),
    allowOther(missing),
  ];
  if (!wanted) return [...findings, ok("remotes", "none configured")];
  return [...findings, ...cacheFindings(patient)];
};

function isConfigured({ env, settings }: Patient): boolean {
  if (Object.keys(env).some((name) => /^RCLONE_CONFIG_.+_TYPE$/i.test(name))) return true;
  return (statSync(settings.RCLONE_CONFIG ?? CONFIG, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

type Report = typeof failed;

function present(name: string, path: string | undefined, fix: string, missing: Report): Finding {
  return path === undefined ? missing(name, "not installed", fix) : ok(name, path);
}

function findOnPath(name: string, path = "/usr/local/bin:/usr/bin:/bin"): string | undefined {
  return path
    .split(":")
    .map((folder) => `${folder}/${name}`)
    .find((file) => existsSync(file));
}

function fuseDevice(missing: Report): Finding {
  const name = "/dev/fuse";
  const fix = "docker run --device /dev/fuse";
  if (!existsSync(name)) return missing(name, "not there, so remotes cannot be mounted", fix);
  try {
    accessSync(name, constants.R_OK | constants.W_OK);
    return ok(name, "there");
  } catch {
    return missing(name, "cannot be opened", fix);
  }
}

function allowOther(missing: Report): Finding {
  const name = "user_allow_other";
  if (/^\s*user_allow_other\s*$/m.test(readIfExists("/etc/fuse.conf") ?? ""))
    return ok(name, "set in /etc/fuse.conf");
  if (process.getuid?.() === 0) return ok(name, "not set in /etc/fuse.conf, which root does not need");
  return missing(name, "not set, so other users cannot see mounts", "echo user_allow_other >>/etc/fuse.conf");
}

/** What is written to a remote waits there until it is uploaded. */
function cacheFindings({ env, settings }: Patient): Finding[] {
  const cache = `${env["WORKSPACE"] ?? settings.WORKSPACE}remote/.cache`;
  const space = spaceOf(cache);
  if (space === undefined) return [];
  const message = `${formatBytes(space.freeBytes)} free at "${cache}"`;
  if (space.freeBytes >= LITTLE_CACHE_BYTES) return [ok("cache of remotes", message)];
  return [
    warning("cache of remotes", message, "free some room in the workspace: writes to remotes wait there"),
  ];
}
