import { workspaceOf } from "../../env/workspace.ts";
import { logger } from "../../log.ts";
import { formatBytes, formatFiles } from "../../sys/disk.ts";
import { logFile, programDefaults, type ProgramSpec } from "../../programs/spec.ts";
import { pendingIn } from "./cache.ts";
import { drain } from "./drain.ts";
import { type Listing, listRemotes } from "./list.ts";
import { layoutRemotes, type RemoteLayout } from "./layout.ts";
import { RemoteMount } from "./mount.ts";
import { observeMount } from "./observe.ts";
import { mountObstacle } from "./requirements.ts";

export const REMOTES_GROUP = "rclone_mount";

const GIBIBYTE = 1024 ** 3;
const LARGEST_CACHE = 100 * GIBIBYTE;
const LARGEST_RESERVE = 2 * GIBIBYTE;

/** For uploads of large files; a stop of the whole container has its own, shorter limit. */
const STOP_SECONDS = 60;

const log = logger("remotes");

/** One program for each remote, and the mistakes in their configuration; without remotes one skipped program that says why. */
export async function remotePrograms(
  env: Record<string, string>,
  signal?: AbortSignal,
): Promise<{ programs: ProgramSpec[]; problems: string[] }> {
  const listing = await listRemotes(env, signal);
  const { problems } = listing;
  const layouts = layoutRemotes(listing.remotes, workspaceOf(env));
  if (layouts.length === 0) return { programs: [none(problems[0])], problems };
  const programs = layouts.map((layout) => mountProgram(layout, env, listing));
  return { programs, problems };
}

const common = {
  ...programDefaults,
  group: REMOTES_GROUP,
  aliases: [] as string[],
  exitcodes: [0],
  dependsOn: [] as string[],
  autorestart: true,
  // The far end may be unreachable for hours.
  startretries: Infinity,
  priority: 300,
  stopwaitsecs: STOP_SECONDS,
  stderr: "stdout",
  origin: { kind: "builtin" },
} satisfies Partial<ProgramSpec>;

function none(problem: string | undefined): ProgramSpec {
  const reason = problem ?? "no remote is configured; rclone config, then ai-dock update";
  return {
    ...common,
    name: REMOTES_GROUP,
    environment: {},
    command: ["rclone"],
    stdout: { kind: "none" },
    autostart: false,
    skipped: reason,
    prepare: async () => reason,
  };
}

function mountProgram(layout: RemoteLayout, env: Record<string, string>, listing: Listing): ProgramSpec {
  const { remote, program, cache, socket } = layout;
  const mount = RemoteMount.of(layout);
  const fingerprint = listing.fingerprints[remote.name];
  return {
    ...common,
    name: program,
    ...(fingerprint === undefined ? {} : { fingerprint }),
    environment: listing.env,
    facts: { remote: remote.name },
    onlyEnvironment: true,
    command: mountCommand(mount, env, listing.env),
    stdout: logFile(`${REMOTES_GROUP}:${program}`),
    ready: { kind: "observed" },
    async prepare() {
      const obstacle = mountObstacle(env);
      if (obstacle === undefined) await mount.open();
      return obstacle;
    },
    observe: (observed) => observeMount(mount, observed),
    release: () => mount.release(),
    async beforeStop(signal) {
      await drain(socket, signal);
      // rclone queues a file when it is closed; the cache also has files that are still open.
      const left = await mount.useCache(pendingIn).catch(() => undefined);
      if (left === undefined || left.files === 0) return;
      const what = `${formatFiles(left.files)} (${formatBytes(left.bytes)})`;
      log.warn(`${remote.name}: not uploaded: ${what}, kept in "${cache}" for the next start`);
    },
  };
}

/** The user's RCLONE_* variables win, except over mount point, cache and control socket. */
function mountCommand(
  { layout, diskBytes: disk }: RemoteMount,
  env: Record<string, string>,
  own: Record<string, string>,
): string[] {
  const { remote, socket, given } = layout;
  const chosen: [flag: string, value: string | number][] = [
    ["uid", env["WORKSPACE_UID"] ?? 0],
    ["gid", env["WORKSPACE_GID"] ?? 0],
    ["vfs-cache-mode", "full"],
    ["vfs-cache-max-size", `${Math.min(LARGEST_CACHE, Math.floor(disk / 2))}B`],
    ["vfs-cache-min-free-space", `${Math.min(LARGEST_RESERVE, Math.floor(disk / 10))}B`],
  ];
  const isSet = (flag: string) => `RCLONE_${flag.toUpperCase().replaceAll("-", "_")}` in own;
  return [
    "rclone",
    "mount",
    `${remote.name}:`,
    given.mountPoint,
    "--ask-password=false",
    "--allow-other",
    "--allow-non-empty",
    `--cache-dir=${given.cache}`,
    "--rc",
    `--rc-addr=unix://${socket}`,
    "--rc-no-auth",
    ...chosen.filter(([flag]) => !isSet(flag)).map(([flag, value]) => `--${flag}=${value}`),
  ];
}
