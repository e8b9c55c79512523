import { readIfExists } from "./fs.ts";

export interface Account {
  name: string;
  uid: number;
  gid: number;
  /** Every group of the user as `id -G` lists them, the primary one first. */
  groups: number[];
  home: string;
  shell: string;
}

/** The home directory of root, whatever HOME says. */
export const ROOT_HOME = "/root";

/** True when this process runs as root. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** A user by name or numeric id from passwd(5) and group(5), or undefined. `root` is for tests. */
export function lookupUser(nameOrId: string, root = ""): Account | undefined {
  const entries = readEntries(`${root}/etc/passwd`);
  const fields =
    entries.find(([name]) => name === nameOrId) ??
    (/^\d+$/.test(nameOrId) ? entries.find(([, , uid]) => uid === nameOrId) : undefined);
  if (fields === undefined) return undefined;
  const [name = "", , uid, gid, , home = "/", shell = "/bin/sh"] = fields;
  const supplementary = readEntries(`${root}/etc/group`)
    .filter(([, , , members = ""]) => members.split(",").includes(name))
    .map(([, , id]) => Number(id));
  const groups = [...new Set([Number(gid), ...supplementary])];
  return { name, uid: Number(uid), gid: Number(gid), groups, home, shell };
}

function readEntries(path: string): string[][] {
  return (readIfExists(path) ?? "")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"));
}
