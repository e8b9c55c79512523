import { readdirSync, writeFileSync } from "node:fs";
import { textOf } from "./sysfs/files.ts";

/** Of the processes that read GPUs, as the kernel has it: 15 characters at most. */
const NAME = "ai-dock-gpus";

/** SIGKILL among the signals that wait for a process (proc_pid_status(5)). */
const KILLED = 1n << 8n;

/** So that others find this process, should it hang. */
export function nameReader(): void {
  try {
    writeFileSync("/proc/self/comm", NAME);
  } catch {
    // Without a name it is not counted.
  }
}

/**
 * Processes of this user that read GPUs, were killed, and are still there: the kernel does not let them go. Their command lines
 * are not looked at, as the kernel may hold up who reads them.
 */
export function heldReaders(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && textOf(`/proc/${name}/comm`) === NAME && isHeld(name))
    .map(Number);
}

function isHeld(pid: string): boolean {
  const status = textOf(`/proc/${pid}/status`) ?? "";
  const [, owner] = /^Uid:\s+(\d+)/m.exec(status) ?? [];
  const [, state] = /^State:\s+(\S)/m.exec(status) ?? [];
  const [, signals = "0"] = /^SigPnd:\s+([0-9a-f]+)$/m.exec(status) ?? [];
  return Number(owner) === process.getuid?.() && state !== "Z" && (BigInt(`0x${signals}`) & KILLED) !== 0n;
}
