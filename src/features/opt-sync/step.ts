import { rmSync } from "node:fs";
import { AiDockError } from "../../errors.ts";
import { DirectoryHandle } from "../../sys/directory-handle.ts";
import { mountAt } from "../../sys/mounts.ts";
import { DEFAULT_PATH } from "../../sys/which.ts";
import { isRoot } from "../../sys/users.ts";
import type { BootContext, Step, StepResult } from "../step.ts";
import { unchangedUntil } from "./first-boot.ts";
import { optSyncNames, removing, temporary } from "./names.ts";

const NAME = "sync";

/** The boot makes this file (init/boot-marks.ts); programs of images of 2024 wait until it is gone. */
const SYNCING = "/run/workspace_sync";

export interface SyncPlaces {
  opt: string;
  syncing: string;
  /** The words that start the process which copies. */
  command: string[];
  /** Tells since when files of the container may have been changed, in milliseconds. */
  since: () => number;
}

const defaultPlaces = (): SyncPlaces => ({
  opt: "/opt",
  syncing: SYNCING,
  command: [process.execPath, "opt-sync"],
  since: () => unchangedUntil(Date.now() - process.uptime() * 1000),
});

/** Brings the directories of OPT_SYNC to a mounted workspace, by a process of its own. Throws AiDockError with what failed. */
export async function syncOpt(
  context: BootContext,
  places: SyncPlaces = defaultPlaces(),
): Promise<StepResult | undefined> {
  const { log, settings } = context;
  // At each boot: the variable may come with a later one.
  const since = places.since();
  try {
    const { names, refused } = optSyncNames(settings.OPT_SYNC);
    for (const name of refused)
      log.warn(`OPT_SYNC: expected names of directories in /opt, got "${name}"; it is not moved`);
    if (names.length === 0) return undefined;
    const obstacle = obstacleOf(context);
    if (obstacle !== undefined) return { message: `OPT_SYNC: nothing is moved: ${obstacle}` };
    if (unlinked(context, places).length > 0) return await move(context, names, since, places);
    return { message: "Directories of /opt are on the volume", fields: { names: names.join(",") } };
  } finally {
    rmSync(places.syncing, { force: true });
  }
}

/** Names of what is not linked yet: most boots need no further process. */
function unlinked({ env, settings }: BootContext, { opt }: SyncPlaces): string[] {
  const { WORKSPACE: workspace = "" } = env;
  return optSyncNames(settings.OPT_SYNC).names.filter((name) => !isLinked(opt, name, workspace));
}

function obstacleOf({ env }: BootContext): string | undefined {
  const { WORKSPACE: workspace = "", WORKSPACE_MOUNTED } = env;
  if (WORKSPACE_MOUNTED !== "true") return `"${workspace}" is no mounted volume`;
  // A restart of the container would find it empty.
  if (["tmpfs", "ramfs"].includes(mountAt(workspace)?.type ?? "")) return `"${workspace}" is in memory`;
  if (workspace === "/" || `${workspace}/`.startsWith("/opt/")) return "the workspace is in /opt";
  return isRoot() ? undefined : "only root can do that";
}

function isLinked(opt: string, name: string, workspace: string): boolean {
  try {
    using directory = DirectoryHandle.open(opt);
    if (directory.linkAt(name) !== `${workspace}${name}`) return false;
    // A boot was killed before it had removed what the link has replaced.
    if ([temporary(name), removing(name)].some((left) => directory.entry(left) !== undefined)) return false;
    using volume = DirectoryHandle.open(workspace);
    return volume.entry(name)?.isDirectory() === true;
  } catch {
    return false;
  }
}

async function move(context: BootContext, names: string[], since: number, places: SyncPlaces) {
  // Loaded on demand: most boots have nothing to move.
  const { outcomesFile, readOutcomes } = await import("./outcome.ts");
  const outcomes = outcomesFile();
  rmSync(outcomes, { force: true });
  const { WORKSPACE: workspace = "" } = context.env;
  const where = [`--workspace=${workspace}`, `--outcomes=${outcomes}`, `--opt=${places.opt}`];
  const command = [...places.command, ...where, `--since=${Math.floor(since)}`, ...names];
  const { code } = await context.runLogged({ name: NAME, command, env: { PATH: DEFAULT_PATH } });
  if (context.signal.aborted) return undefined;
  const found = readOutcomes(outcomes);
  const untold = names.filter((name) => !found.some((outcome) => outcome.name === name));
  const failed = found
    .filter(({ state }) => state !== "volume")
    .map(({ name, reason }) => `${name}: ${reason}`);
  if (untold.length > 0) failed.push(`${untold.join(", ")}: the process that moves ended with ${code}`);
  if (failed.length > 0)
    throw new AiDockError(`OPT_SYNC: expected directories of /opt on the volume, got ${failed.join("; ")}`);
  const moved = found.filter((outcome) => outcome.moved).length;
  return { message: "Directories of /opt are on the volume", fields: { names: names.join(","), moved } };
}

export const syncStep: Step = {
  name: NAME,
  run: async (context) => syncOpt(context),
  withoutWorkspace() {
    // The next boot has to know which files this one could change.
    const { since, syncing } = defaultPlaces();
    since();
    rmSync(syncing, { force: true });
  },
};
