import { workspaceOf } from "../../env/workspace.ts";
import { CACHES } from "./layout.ts";
import { withheldVariables } from "../../env/rclone.ts";
import { isConfigured, listRemotes } from "./list.ts";
import { mountRequirements } from "./requirements.ts";
import { formatBytes, spaceOf } from "../../sys/disk.ts";
import { type Check, failed, type CheckResult, ok, type DoctorContext, warning } from "../check.ts";

const LITTLE_CACHE_BYTES = 2 * 1024 ** 3;

/** Can remotes be mounted? A missing requirement is a warning while no remote is configured. */
export const remotesCheck: Check = async (context) => {
  const wanted = isConfigured(context.env);
  const results = mountRequirements(context.env).map(({ name, met, message, fix }) =>
    met ? ok(name, message) : (wanted ? failed : warning)(name, message, fix),
  );
  const { errors, warnings } = await remoteProblems(context.env);
  results.push(...warnings.map((problem) => warning("remotes", problem, "unset it")));
  if (!wanted) return [...results, ok("remotes", "none configured")];
  const wrong = errors.map((problem) => failed("remotes", problem, "mend it, then ai-dock update"));
  return [...results, ...wrong, ...checkCache(context)];
};

/** What is wrong with the configuration of remotes, and which variables mounts do not get. */
export async function remoteProblems(
  env: Record<string, string>,
): Promise<{ errors: string[]; warnings: string[] }> {
  return { errors: (await listRemotes(env)).problems, warnings: withheldVariables(env) };
}

/** Room for writes to remotes, which wait in the workspace until they are uploaded. */
function checkCache({ env }: DoctorContext): CheckResult[] {
  const cache = `${workspaceOf(env)}${CACHES}`;
  const space = spaceOf(cache);
  if (space === undefined) return [];
  const message = `${formatBytes(space.freeBytes)} free at "${cache}"`;
  if (space.freeBytes >= LITTLE_CACHE_BYTES) return [ok("cache of remotes", message)];
  return [
    warning("cache of remotes", message, "free some room in the workspace: writes to remotes wait there"),
  ];
}
