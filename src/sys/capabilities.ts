import { readFileSync } from "node:fs";

/** Numbers of capabilities(7) that something here depends on. */
const numbers = {
  CHOWN: 0,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
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

function isIn(set: "CapEff" | "CapBnd", name: Capability): boolean {
  const status = readFileSync("/proc/self/status", "utf8");
  const mask = new RegExp(`^${set}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1] ?? "0";
  return ((BigInt(`0x${mask}`) >> BigInt(numbers[name])) & 1n) === 1n;
}
