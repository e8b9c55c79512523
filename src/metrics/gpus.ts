import type { Gpu, GpuReport } from "../sys/gpus/types.ts";
import type { Exposition } from "./exposition.ts";
import { counter, gauge, type Metric } from "./metric.ts";

/** Why an NVIDIA GPU is slower than it could be, in the words of nvidia-smi; one of another version counts as `other`. */
const REASONS = [
  "applications_clocks_setting",
  "sw_power_cap",
  "hw_slowdown",
  "sync_boost",
  "sw_thermal_slowdown",
  "hw_thermal_slowdown",
  "hw_power_brake_slowdown",
  "display_clock_setting",
];
const OTHER = "other";
const MOST_GPUS = 128;

/** Which GPU: instances of one (MIG) share its index, and not all have an uuid. */
const WHICH = ["gpu", "vendor", "uuid"];
const of = (make: typeof gauge, rest: string, help: string, ...labels: string[]): Metric =>
  make(`ai_dock_gpu_${rest}`, help, ...WHICH, ...labels);

export const gpuMetrics = {
  info: of(gauge, "info", "Which GPU it is; always 1", "name", "pci"),
  healthy: of(gauge, "healthy", "0 while something is wrong with the GPU"),
  utilization: of(gauge, "utilization_ratio", "Part of the time with work on the GPU"),
  memoryUtilization: of(gauge, "memory_utilization_ratio", "Part of the time with traffic on its memory"),
  memoryUsed: of(gauge, "memory_used_bytes", "Memory of the GPU in use; with unified memory, of the machine"),
  memorySize: of(gauge, "memory_size_bytes", "Memory of the GPU"),
  temperature: of(gauge, "temperature_celsius", "Temperature of the GPU"),
  power: of(gauge, "power_watts", "Power that the GPU takes"),
  powerLimit: of(gauge, "power_limit_watts", "Power that the GPU may take"),
  fan: of(gauge, "fan_speed_ratio", "Speed of its fan, of full speed"),
  clock: of(gauge, "clock_hertz", "Clock of the processors and of the memory", "clock"),
  engine: of(gauge, "engine_utilization_ratio", "Part of the time with work on the video engines", "engine"),
  pcieRead: of(gauge, "pcie_read_bytes_per_second", "What the GPU reads over PCIe, at the moment"),
  pcieWritten: of(gauge, "pcie_written_bytes_per_second", "What the GPU writes over PCIe, at the moment"),
  performanceState: of(gauge, "performance_state", "From 0, the fastest, to 15"),
  throttled: of(gauge, "throttled", "1 for each reason why the GPU is slower than it could be", "reason"),
  ecc: of(
    counter,
    "ecc_errors_total",
    "Errors of memory over the life of the GPU; of AMD's, since its driver was loaded",
    "type",
  ),
  xid: of(gauge, "last_xid_code", "Number of the last error event of the driver (XID)"),
  xidTime: of(gauge, "last_xid_time_seconds", "When that was, since the epoch"),
  driver: gauge("ai_dock_gpu_driver_info", "Driver of the GPUs; always 1", "driver", "cuda"),
  problems: gauge("ai_dock_gpu_driver_problems", "What is wrong with drivers, or with asking them"),
};

export function addGpus(to: Exposition, { gpus, driver, cuda, problems }: GpuReport): void {
  for (const gpu of gpus.slice(0, MOST_GPUS)) addGpu(to, gpu);
  if (driver !== null) to.add(gpuMetrics.driver, 1, driver, cuda ?? "");
  if (gpus.length > 0 || problems.length > 0) to.add(gpuMetrics.problems, problems.length);
}

function addGpu(to: Exposition, gpu: Gpu): void {
  const m = gpuMetrics;
  const which = [String(gpu.index), gpu.vendor, gpu.uuid ?? ""];
  const add = (metric: Metric, value: number | boolean | null, ...more: string[]) =>
    to.add(metric, value, ...which, ...more);
  add(m.info, 1, gpu.name, gpu.pci ?? "");
  add(m.healthy, gpu.problem === null);
  add(m.utilization, gpu.load);
  add(m.memoryUtilization, gpu.memoryLoad);
  add(m.memoryUsed, gpu.usedBytes);
  add(m.memorySize, gpu.totalBytes);
  add(m.temperature, gpu.temperature);
  add(m.power, gpu.watts);
  add(m.powerLimit, gpu.wattsLimit);
  add(m.fan, gpu.fan);
  add(m.clock, hertz(gpu.clockMHz), "graphics");
  add(m.clock, hertz(gpu.memoryClockMHz), "memory");
  add(m.engine, gpu.encoder, "encoder");
  add(m.engine, gpu.decoder, "decoder");
  add(m.pcieRead, gpu.pcieReadBytes);
  add(m.pcieWritten, gpu.pcieWrittenBytes);
  const [, state] = /^P(\d+)$/.exec(gpu.performanceState ?? "") ?? [];
  add(m.performanceState, state === undefined ? null : Number(state));
  if (gpu.vendor === "nvidia" && gpu.problem === null) {
    for (const reason of REASONS) add(m.throttled, gpu.throttle.includes(reason), reason);
    add(
      m.throttled,
      gpu.throttle.some((reason) => !REASONS.includes(reason)),
      OTHER,
    );
  }
  add(m.ecc, gpu.eccCorrected, "corrected");
  add(m.ecc, gpu.eccUncorrected, "uncorrected");
  add(m.xid, gpu.xid?.code ?? null);
  add(m.xidTime, gpu.xid === null ? null : gpu.xid.time / 1000);
}

const hertz = (megahertz: number | null) => (megahertz === null ? null : megahertz * 1e6);
