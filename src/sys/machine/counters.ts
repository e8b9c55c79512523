import { availableParallelism } from "node:os";
import { cpuQuota } from "../cpus.ts";
import { blockDevices, networkInterfaces } from "./devices.ts";
import { field, number, read, sum } from "./files.ts";

/** What the kernel has counted for this container until now. */
export interface Counters {
  cpuSeconds: number;
  /** Without what the kernel may drop at any time. */
  memoryBytes: number;
  readBytes: number;
  writtenBytes: number;
  receivedBytes: number;
  sentBytes: number;
}

/** What the container may use at most. */
export interface Limits {
  cpus: number;
  memoryBytes: number;
}

/** Where the kernel tells it; tests have their own. */
export interface Roots {
  /** Of the control group, either version; the container's own. */
  cgroup: string;
  proc: string;
}

const kernel: Roots = { cgroup: "/sys/fs/cgroup", proc: "/proc" };

/** Larger values stand for no limit. */
const LARGEST_LIMIT_BYTES = 2 ** 50;
/** USER_HZ, which Linux has fixed at 100 for all programs. */
const TICKS_PER_SECOND = 100;

/** Reads the counters: of the control group, where there is none of the machine. */
export function readCounters({ cgroup, proc }: Roots = kernel): Counters {
  const network = networkInterfaces(proc);
  const blocks = blockDevices(cgroup);
  return {
    cpuSeconds: cpuSeconds(cgroup, proc),
    memoryBytes: memoryBytes(cgroup, proc),
    readBytes: sum(blocks.map(({ readBytes }) => readBytes)),
    writtenBytes: sum(blocks.map(({ writtenBytes }) => writtenBytes)),
    receivedBytes: sum(network.map(({ receivedBytes }) => receivedBytes)),
    sentBytes: sum(network.map(({ sentBytes }) => sentBytes)),
  };
}

/** Reads the limits: of the control group, of the machine where the group has none. */
export function readLimits({ cgroup, proc }: Roots = kernel): Limits {
  const memory = number(read(`${cgroup}/memory.max`) ?? read(`${cgroup}/memory/memory.limit_in_bytes`));
  const total = meminfo(proc, "MemTotal");
  return {
    cpus: Math.min(cpuQuota({ cgroup, proc }) ?? Number.POSITIVE_INFINITY, availableParallelism()),
    memoryBytes:
      memory !== undefined && memory < LARGEST_LIMIT_BYTES ? Math.min(memory, total || memory) : total,
  };
}

function cpuSeconds(cgroup: string, proc: string): number {
  const microseconds = field(read(`${cgroup}/cpu.stat`), "usage_usec");
  if (microseconds !== undefined) return microseconds / 1e6;
  const nanoseconds = number(read(`${cgroup}/cpuacct/cpuacct.usage`));
  if (nanoseconds !== undefined) return nanoseconds / 1e9;
  // user nice system idle iowait irq softirq steal
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    /^cpu +(.*)$/m
      .exec(read(`${proc}/stat`) ?? "")?.[1]
      ?.split(" ")
      .map(Number) ?? [];
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

function memoryBytes(cgroup: string, proc: string): number {
  const current = number(read(`${cgroup}/memory.current`));
  if (current !== undefined)
    return Math.max(0, current - (field(read(`${cgroup}/memory.stat`), "inactive_file") ?? 0));
  const usage = number(read(`${cgroup}/memory/memory.usage_in_bytes`));
  if (usage !== undefined)
    return Math.max(0, usage - (field(read(`${cgroup}/memory/memory.stat`), "total_inactive_file") ?? 0));
  return meminfo(proc, "MemTotal") - meminfo(proc, "MemAvailable");
}

function meminfo(proc: string, name: string): number {
  const [, kibibytes] = new RegExp(`^${name}: +(\\d+) kB`, "m").exec(read(`${proc}/meminfo`) ?? "") ?? [];
  return Number(kibibytes ?? 0) * 1024;
}
