import { readFileSync } from "node:fs";
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

/** The id of a group by its name or numeric id from group(5), or undefined. */
export function lookupGroup(nameOrId: string): number | undefined {
  const entries = readEntries("/etc/group");
  const found = entries.find(([name]) => name === nameOrId) ?? entries.find(([, , gid]) => gid === nameOrId);
  return found === undefined ? undefined : Number(found[2]);
}

function readEntries(path: string): string[][] {
  return (readIfExists(path) ?? "")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"));
}

/** Numbers of capabilities(7) that something here depends on. */
const numbers = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  NET_BIND_SERVICE: 10,
  SYS_CHROOT: 18,
  SYS_ADMIN: 21,
} as const;

export type Capability = keyof typeof numbers;

/** True when this process may use that capability. */
export function hasCapability(name: Capability): boolean {
  return isIn("CapEff", name);
}

/** True when a setuid program that this process starts may use that capability. */
export function isCapabilityWithinBounds(name: Capability): boolean {
  return isIn("CapBnd", name);
}

/** True where the id of a user, or of a group, means somebody in our user namespace (user_namespaces(7)). */
export function isMapped(id: number, of: "uid" | "gid" = "uid"): boolean {
  return readFileSync(`/proc/self/${of}_map`, "utf8")
    .trim()
    .split("\n")
    .some((line) => {
      const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
      return id >= first && id < first + count;
    });
}

function isIn(set: "CapEff" | "CapBnd", name: Capability): boolean {
  const status = readFileSync("/proc/self/status", "utf8");
  const mask = new RegExp(`^${set}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1] ?? "0";
  return ((BigInt(`0x${mask}`) >> BigInt(numbers[name])) & 1n) === 1n;
}
