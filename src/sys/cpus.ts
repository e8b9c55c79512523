import { readIfExists } from "./fs.ts";

/** Where the kernel tells it; tests have their own. */
export interface CpuRoots {
  /** Of the control group, either version. */
  cgroup: string;
  proc: string;
  /** Of sysfs. */
  sys: string;
}

const kernel: CpuRoots = { cgroup: "/sys/fs/cgroup", proc: "/proc", sys: "/sys" };

/** How much processor time this container may use, in cores. */
export interface Cpus {
  /** The cores in sight: what programs count that ask for the processors of the machine. */
  seen: number;
  /** The cores on which this process may run (sched_setaffinity(2), cpuset). */
  allowed: number;
  /** The quota of the control group, such as 1.5; undefined without one. */
  quota: number | undefined;
}

/** Reads how much processor time this container may use; undefined where the kernel shows no processors. */
export function readCpus(roots: CpuRoots = kernel): Cpus | undefined {
  const status = read(`${roots.proc}/self/status`) ?? "";
  const allowed = countList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1]);
  const seen = countList(read(`${roots.sys}/devices/system/cpu/online`)?.trim()) ?? allowed;
  return seen === undefined ? undefined : { seen, allowed: allowed ?? seen, quota: cpuQuota(roots) };
}

/** Counts the numbers of a list such as `0-3,8`; undefined for none. */
function countList(text: string | undefined): number | undefined {
  let count = 0;
  for (const part of (text ?? "").split(",")) {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === undefined) return undefined;
    count += Math.max(0, Number(last ?? first) - Number(first) + 1);
  }
  return count > 0 ? count : undefined;
}

/**
 * The quota of processor time in cores: the least of this process's control group and of all groups above that are in
 * sight, as each limits what is below; undefined without one. Of version 2 `cpu.max`, of version 1 `cpu.cfs_quota_us`.
 */
export function cpuQuota({ cgroup, proc }: Pick<CpuRoots, "cgroup" | "proc"> = kernel): number | undefined {
  const groups = read(`${proc}/self/cgroup`) ?? "";
  const whole = /^0::(\/.*)$/m.exec(groups)?.[1] ?? "/";
  const ofCpu = /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(\/.*)$/m.exec(groups)?.[1] ?? "/";
  const quotas = [
    ...upwards(whole).map((path) => quotaOf(read(`${cgroup}${path}/cpu.max`))),
    ...["cpu", "cpu,cpuacct"].flatMap((controller) =>
      upwards(ofCpu).map((path) => {
        const folder = `${cgroup}/${controller}${path}`;
        return quotaOf(`${read(`${folder}/cpu.cfs_quota_us`)} ${read(`${folder}/cpu.cfs_period_us`)}`);
      }),
    ),
  ].filter((quota) => quota !== undefined);
  return quotas.length === 0 ? undefined : Math.min(...quotas);
}

/**
 * A path and those above it, each without a slash at its end. Engines show a container its own group as the root, while the
 * path may still be the host's: its files are then not there, and the root's are.
 */
function upwards(path: string): string[] {
  const names = path.split("/").filter((name) => name !== "" && name !== "..");
  return Array.from({ length: names.length + 1 }, (_, length) =>
    names
      .slice(0, length)
      .map((name) => `/${name}`)
      .join(""),
  );
}

/** Of `QUOTA PERIOD`, both in microseconds; `max` and -1 stand for none. */
function quotaOf(text: string | undefined): number | undefined {
  const [quota = NaN, period = NaN] = (text ?? "").trim().split(/\s+/).map(Number);
  return quota > 0 && period > 0 ? quota / period : undefined;
}

function read(path: string): string | undefined {
  try {
    return readIfExists(path);
  } catch {
    return undefined;
  }
}
