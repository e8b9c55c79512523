import type { Counters, Limits } from "../sys/machine/counters.ts";
import type { ContainerDetail } from "../sys/machine/detail.ts";
import type { Disk } from "../sys/machine/disks.ts";
import type { Exposition } from "./exposition.ts";
import { counter, gauge } from "./metric.ts";

const name = (rest: string) => `ai_dock_container_${rest}`;

export const containerMetrics = {
  cpu: counter(name("cpu_seconds_total"), "CPU time of all processes of the container"),
  cpuLimit: gauge(name("cpu_limit_cores"), "How many cores the container may use at once"),
  periods: counter(
    name("cpu_periods_total"),
    "Periods of the CPU quota in which the container wanted to run",
  ),
  throttled: counter(
    name("cpu_throttled_periods_total"),
    "Periods in which the CPU quota held the container up",
  ),
  throttledTime: counter(
    name("cpu_throttled_seconds_total"),
    "Time for which the CPU quota has held up threads",
  ),
  memory: gauge(
    name("memory_working_set_bytes"),
    "Memory in use, without cache that the kernel can drop at once",
  ),
  memoryUsage: gauge(name("memory_usage_bytes"), "Memory in use, cache of files included"),
  memoryLimit: gauge(
    name("memory_limit_bytes"),
    "Memory that the container may use, at most that of the machine",
  ),
  oomKills: counter(name("oom_kills_total"), "Processes that were killed for lack of memory"),
  waiting: counter(
    name("pressure_waiting_seconds_total"),
    "Time in which some thread waited for a resource: cpu, memory or io",
    "resource",
  ),
  stalled: counter(
    name("pressure_stalled_seconds_total"),
    "Time in which all threads waited for a resource: memory or io",
    "resource",
  ),
  pids: gauge(name("pids"), "Processes and threads"),
  pidsLimit: gauge(name("pids_limit"), "Processes and threads that the container may have"),
  received: counter(name("network_receive_bytes_total"), "Bytes received, by network interface", "device"),
  sent: counter(name("network_transmit_bytes_total"), "Bytes sent, by network interface", "device"),
  read: counter(name("block_read_bytes_total"), "Bytes read from block devices, by major:minor", "device"),
  written: counter(
    name("block_written_bytes_total"),
    "Bytes written to block devices, by major:minor",
    "device",
  ),
  diskUsed: gauge("ai_dock_filesystem_used_bytes", "Bytes in use on the file system of a path", "path"),
  diskSize: gauge(
    "ai_dock_filesystem_size_bytes",
    "Bytes that there are for users on the file system of a path",
    "path",
  ),
};

export interface ContainerReading {
  counters: Counters;
  limits: Limits;
  detail: ContainerDetail;
}

export function addContainer(to: Exposition, { counters, limits, detail }: ContainerReading): void {
  const m = containerMetrics;
  to.add(m.cpu, counters.cpuSeconds);
  to.add(m.cpuLimit, limits.cpus);
  to.add(m.periods, detail.cpuPeriods);
  to.add(m.throttled, detail.throttledPeriods);
  to.add(m.throttledTime, detail.throttledSeconds);
  to.add(m.memory, counters.memoryBytes);
  to.add(m.memoryUsage, detail.memoryUsageBytes);
  to.add(m.memoryLimit, limits.memoryBytes);
  to.add(m.oomKills, detail.oomKills);
  for (const { resource, waitingSeconds, stalledSeconds } of detail.pressure) {
    to.add(m.waiting, waitingSeconds, resource);
    // All threads cannot wait for a CPU at once; the kernel has zeros there.
    if (resource !== "cpu") to.add(m.stalled, stalledSeconds, resource);
  }
  to.add(m.pids, detail.pids);
  to.add(m.pidsLimit, detail.pidsLimit);
  for (const { device, receivedBytes, sentBytes } of detail.interfaces) {
    to.add(m.received, receivedBytes, device);
    to.add(m.sent, sentBytes, device);
  }
  for (const { device, readBytes, writtenBytes } of detail.blockDevices) {
    to.add(m.read, readBytes, device);
    to.add(m.written, writtenBytes, device);
  }
}

export function addDisks(to: Exposition, disks: Disk[]): void {
  for (const { path, usedBytes, totalBytes } of disks) {
    to.add(containerMetrics.diskUsed, usedBytes, path);
    to.add(containerMetrics.diskSize, totalBytes, path);
  }
}
