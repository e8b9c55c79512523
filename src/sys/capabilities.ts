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
export function hasCapability(name: Capability, status = "/proc/self/status"): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync(status, "utf8"))?.[1] ?? "0";
  return ((BigInt(`0x${effective}`) >> BigInt(numbers[name])) & 1n) === 1n;
}
