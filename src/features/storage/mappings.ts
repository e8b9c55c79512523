import { realpathSync, statSync } from "node:fs";
import { posix } from "node:path";
import { errnoOf } from "../../errors.ts";
import { run } from "../../sys/run.ts";
import { isRoot } from "../../sys/users.ts";
import { DEFAULT_PATH } from "../../sys/which.ts";

/** The script is a list; what takes longer hangs. */
const DEADLINE_MILLISECONDS = 10_000;

const WRITABLE_BY_OTHERS = 0o002;
const WRITABLE_BY_GROUP = 0o020;
/** root, and the group of the image's files, which has no members where root runs this. */
const GROUPS = new Set([0, 1111]);

/** Prints the array as key, value, key, value, each with a zero byte behind it. */
const SCRIPT = `
declare -A storage_map
source "$1" > /dev/null
for key in "\${!storage_map[@]}"; do printf '%s\\0%s\\0' "$key" "\${storage_map[$key]}"; done
`;

/** A folder of the storage, by its path from there, and the folder of an app that gets links to its files. */
export interface Mapping {
  key: string;
  target: string;
}

export interface Mappings {
  mappings: Mapping[];
  /** One line for each thing that is wrong. */
  problems: string[];
}

/** Why the script is not to be evaluated; undefined for one that only root can have written. `missing` for none at all. */
export function mappingsObstacle(path: string): "missing" | { reason: string } | undefined {
  try {
    const { uid, gid, mode } = statSync(realpathSync(path));
    if (uid !== 0 && uid !== process.geteuid?.())
      return { reason: `"${path}": expected a file of root, got one of uid ${uid}` };
    const isOpen =
      (mode & WRITABLE_BY_OTHERS) !== 0 || ((mode & WRITABLE_BY_GROUP) !== 0 && !GROUPS.has(gid));
    // What runs as somebody else than root can do nothing that its author could not do anyway.
    if (isRoot() && isOpen)
      return { reason: `"${path}": expected a file that only root can write, got one open to others` };
    return undefined;
  } catch (error) {
    return ["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")
      ? "missing"
      : { reason: `"${path}": ${errnoOf(error)}` };
  }
}

/** Has bash evaluate mappings.sh, as it is bash, and reads the array `storage_map`. Never throws. */
export async function readMappings(path: string, workspace: string): Promise<Mappings> {
  const obstacle = mappingsObstacle(path);
  if (obstacle === "missing") return { mappings: [], problems: [`there is no "${path}"`] };
  if (obstacle !== undefined) return { mappings: [], problems: [obstacle.reason] };
  const env = { PATH: DEFAULT_PATH, WORKSPACE: workspace, HOME: "/nonexistent", LANG: "C.UTF-8" };
  const command = ["/bin/bash", "--noprofile", "--norc", "-c", SCRIPT, "mappings", path];
  const signal = AbortSignal.timeout(DEADLINE_MILLISECONDS);
  const { code, stdout, stderr } = await run(command, { env, signal });
  if (signal.aborted)
    return { mappings: [], problems: [`"${path}" has not ended within ${DEADLINE_MILLISECONDS / 1000} s`] };
  const problems = code === 0 && stderr === "" ? [] : [`"${path}": ${stderr.trim() || `ended with ${code}`}`];
  return parse(stdout, storageFirst(workspace), problems);
}

const storageFirst = (workspace: string) => `${workspace}storage/`;

function parse(text: string, storage: string, problems: string[]): Mappings {
  const mappings: Mapping[] = [];
  const words = text.split("\0").slice(0, -1);
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [given = "", targets = ""] = words.slice(at, at + 2);
    const key = given.replaceAll(/\/+/g, "/").replaceAll(/^\/|\/$/g, "");
    if (!isPlain(key)) {
      problems.push(`mappings.sh: expected a folder of the storage, got "${given}"; ignoring it`);
      continue;
    }
    for (const word of targets.split(/\s+/).filter((target) => target !== "")) {
      const target = posix.normalize(word).replace(/\/$/, "");
      const isGood = target.startsWith("/") && target.length > 1 && !`${target}/`.startsWith(storage);
      if (isGood) mappings.push({ key, target });
      else
        problems.push(`mappings.sh: expected a folder of an app for "${given}", got "${word}"; ignoring it`);
    }
  }
  // The order of keys in bash is no order; the first of two that meet in one folder wins.
  return { mappings: mappings.toSorted((one, other) => (order(one) < order(other) ? -1 : 1)), problems };
}

const order = ({ key, target }: Mapping) => `${target}\0${key}`;

const isPlain = (key: string) =>
  key !== "" && !key.split("/").some((part) => part === "" || part.startsWith("."));
