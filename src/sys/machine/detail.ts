import { oomKills } from "../cgroup.ts";
import type { Roots } from "./counters.ts";
import { type BlockBytes, blockDevices, type InterfaceBytes, networkInterfaces } from "./devices.ts";
import { field, number, read } from "./files.ts";

/** What the control group tells besides Counters; null where it does not. */
export interface ContainerDetail {
  cpuPeriods: number | null;
  throttledPeriods: number | null;
  throttledSeconds: number | null;
  /** With everything that is charged to the container, its cache of files included. */
  memoryUsageBytes: number | null;
  oomKills: number | null;
  pressure: Pressure[];
  /** Processes and threads. */
  pids: number | null;
  pidsLimit: number | null;
  interfaces: InterfaceBytes[];
  blockDevices: BlockBytes[];
}

/** Pressure stall information (docs.kernel.org/accounting/psi.html), in seconds until now. */
export interface Pressure {
  resource: (typeof RESOURCES)[number];
  /** Some thread waited. */
  waitingSeconds: number;
  /** All of them did. */
  stalledSeconds: number | null;
}

const RESOURCES = ["cpu", "memory", "io"] as const;
/** Of the host's network a container can see hundreds. */
const MOST_DEVICES = 64;

/** Reads what only some look at. */
export function readDetail(
  { cgroup, proc }: Roots = { cgroup: "/sys/fs/cgroup", proc: "/proc" },
): ContainerDetail {
  return {
    ...throttling(cgroup),
    memoryUsageBytes:
      number(read(`${cgroup}/memory.current`) ?? read(`${cgroup}/memory/memory.usage_in_bytes`)) ?? null,
    oomKills: oomKills(cgroup) ?? null,
    pressure: RESOURCES.flatMap((resource) => pressure(resource, read(`${cgroup}/${resource}.pressure`))),
    pids: number(read(`${cgroup}/pids.current`) ?? read(`${cgroup}/pids/pids.current`)) ?? null,
    pidsLimit: number(read(`${cgroup}/pids.max`) ?? read(`${cgroup}/pids/pids.max`)) ?? null,
    interfaces: networkInterfaces(proc).slice(0, MOST_DEVICES),
    blockDevices: blockDevices(cgroup).slice(0, MOST_DEVICES),
  };
}

function throttling(
  cgroup: string,
): Pick<ContainerDetail, "cpuPeriods" | "throttledPeriods" | "throttledSeconds"> {
  const text = ["", "/cpu", "/cpu,cpuacct"].map((path) => read(`${cgroup}${path}/cpu.stat`)).find(Boolean);
  const [microseconds, nanoseconds] = [field(text, "throttled_usec"), field(text, "throttled_time")];
  return {
    cpuPeriods: field(text, "nr_periods") ?? null,
    throttledPeriods: field(text, "nr_throttled") ?? null,
    throttledSeconds:
      microseconds === undefined
        ? nanoseconds === undefined
          ? null
          : nanoseconds / 1e9
        : microseconds / 1e6,
  };
}

function pressure(resource: Pressure["resource"], text: string | undefined): Pressure[] {
  const seconds = (who: string) => {
    const [, microseconds] = new RegExp(`^${who} .*\\btotal=(\\d+)$`, "m").exec(text ?? "") ?? [];
    return microseconds === undefined ? null : Number(microseconds) / 1e6;
  };
  const waitingSeconds = seconds("some");
  return waitingSeconds === null ? [] : [{ resource, waitingSeconds, stalledSeconds: seconds("full") }];
}
