import { readdirSync, statSync } from "node:fs";
import type { AccountLines } from "../../sys/account-files.ts";
import { POWERFUL_GROUPS } from "./ids.ts";
import { ensureGroup } from "./lines.ts";

/** The group of what images of the ai-dock family share between root and the account; files in them have its number. */
export const SHARED_GROUP = { name: "ai-dock", gid: 1111 } as const;

/** Groups of the account where they exist: GPUs, screen, sound, keys of certificates, and sudo with a password. */
const COMMON = ["video", "render", "audio", "sudo", "ssl-cert"];

/** Nodes of GPUs: their groups have the numbers of the host. */
const DRI = "/dev/dri";
const KFD = "/dev/kfd";

/** Groups that exist of those that an account is always in, and those of the nodes of GPUs, which get a name. */
export function commonGroups(lines: AccountLines, root = ""): string[] {
  const nameOf = (gid: number) => lines.find(([, , id]) => id === String(gid))?.[0];
  const devices = deviceGroups(root).filter((gid) => !POWERFUL_GROUPS.has(nameOf(gid) ?? ""));
  for (const gid of devices) if (nameOf(gid) === undefined) ensureGroup(lines, `gpu-${gid}`, gid);
  ensureGroup(lines, SHARED_GROUP.name, SHARED_GROUP.gid);
  const known = COMMON.filter((wanted) => lines.some(([name]) => name === wanted));
  return [...known, SHARED_GROUP.name, ...devices.map(String)];
}

/** The gids of GPU nodes, root's aside. */
function deviceGroups(root: string): number[] {
  const nodes = [...renderNodes(`${root}${DRI}`), `${root}${KFD}`];
  const gids = nodes.map((path) => statSync(path, { throwIfNoEntry: false })?.gid ?? 0);
  return [...new Set(gids)].filter((gid) => gid !== 0);
}

function renderNodes(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.startsWith("renderD"))
      .map((name) => `${directory}/${name}`);
  } catch {
    return [];
  }
}
