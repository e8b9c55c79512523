import { type Gpu, unknownGpu } from "../types.ts";
import { textOf } from "../sysfs/files.ts";
import { Code } from "./codes.ts";
import { type Device, textIn } from "./device.ts";

const CLOCK_SM = 1;
const CLOCK_MEMORY = 2;
const PCIE_SENT = 0;
const PCIE_RECEIVED = 1;
const ECC_CORRECTED = 0;
const ECC_UNCORRECTED = 1;
/** Over the life of the GPU; the other counter begins anew with the driver. */
const ECC_AGGREGATE = 1;
const SENSOR_GPU = 0;
const NO_STATE = 32;

/** sizeof(struct) | version << 24 */
const MEMORY_V2 = 40 | (2 << 24);
const TEMPERATURE_V1 = 12 | (1 << 24);

/** Where `busId` begins in nvmlPciInfo_t: after 16 characters and five numbers. */
const BUS_ID = 36;

/** nvmlClocksEventReasons of nvml.h, in the words of nvidia-smi; that a GPU idles is none to tell. */
const REASONS: [bit: bigint, name: string][] = [
  [0x2n, "applications_clocks_setting"],
  [0x4n, "sw_power_cap"],
  [0x8n, "hw_slowdown"],
  [0x10n, "sync_boost"],
  [0x20n, "sw_thermal_slowdown"],
  [0x40n, "hw_thermal_slowdown"],
  [0x80n, "hw_power_brake_slowdown"],
  [0x100n, "display_clock_setting"],
];

const share = (percent: number | null) => (percent === null ? null : percent / 100);
const watts = (milliwatts: number | null) => (milliwatts === null ? null : milliwatts / 1000);
const kibibytes = (count: number | null) => (count === null ? null : count * 1024);
const count = (number: bigint | null) => (number === null ? null : Number(number));

/** Asks a GPU for all that it tells. */
export function readGpu(device: Device, index: number, root = ""): Gpu {
  const name = device.text("nvmlDeviceGetName") ?? `GPU ${index}`;
  const mig = device.pair("nvmlDeviceGetMigMode");
  const rates = device.struct(
    "nvmlDeviceGetUtilizationRates",
    (bytes) => [bytes.readUInt32LE(0), bytes.readUInt32LE(4)] as const,
    undefined,
    "load",
  );
  const gpu: Gpu = {
    ...unknownGpu("nvidia", index, name),
    uuid: device.text("nvmlDeviceGetUUID"),
    pci: pciOf(device),
    mig: mig === null ? null : mig[0] === 1,
    load: share(rates?.[0] ?? null),
    memoryLoad: share(rates?.[1] ?? null),
    ...readMemory(device, mig?.[0] === 1 ? undefined : root),
    temperature: readTemperature(device),
    watts: watts(device.u32("nvmlDeviceGetPowerUsage", "power")),
    wattsLimit: watts(device.u32("nvmlDeviceGetEnforcedPowerLimit")),
    fan: share(device.u32("nvmlDeviceGetFanSpeed", "fan")),
    clockMHz: device.u32("nvmlDeviceGetClockInfo", undefined, CLOCK_SM),
    memoryClockMHz: device.u32("nvmlDeviceGetClockInfo", undefined, CLOCK_MEMORY),
    encoder: share(device.pair("nvmlDeviceGetEncoderUtilization")?.[0] ?? null),
    decoder: share(device.pair("nvmlDeviceGetDecoderUtilization")?.[0] ?? null),
    // Each of the two measures for 20 ms.
    pcieReadBytes: kibibytes(device.u32("nvmlDeviceGetPcieThroughput", undefined, PCIE_RECEIVED)),
    pcieWrittenBytes: kibibytes(device.u32("nvmlDeviceGetPcieThroughput", undefined, PCIE_SENT)),
    pcieGeneration: device.u32("nvmlDeviceGetCurrPcieLinkGeneration"),
    pcieWidth: device.u32("nvmlDeviceGetCurrPcieLinkWidth"),
    pcieMaxWidth: device.u32("nvmlDeviceGetMaxPcieLinkWidth"),
    performanceState: stateOf(device.u32("nvmlDeviceGetPerformanceState")),
    throttle: reasonsIn(
      device.u64("nvmlDeviceGetCurrentClocksEventReasons") ??
        device.u64("nvmlDeviceGetCurrentClocksThrottleReasons"),
    ),
    eccCorrected: count(device.u64("nvmlDeviceGetTotalEccErrors", ECC_CORRECTED, ECC_AGGREGATE)),
    eccUncorrected: count(device.u64("nvmlDeviceGetTotalEccErrors", ECC_UNCORRECTED, ECC_AGGREGATE)),
  };
  return { ...gpu, problem: device.problem };
}

type Memory = Pick<Gpu, "usedBytes" | "totalBytes">;

/**
 * Version 2 of the call does not count what the driver keeps for itself; as nvidia-smi shows it. `root` is where the memory of
 * the machine is told, for a GPU that has none of its own.
 */
export function readMemory(device: Device, root?: string): Memory {
  const at = (bytes: Buffer, offset: number) => Number(bytes.readBigUInt64LE(offset));
  const newer = device.struct(
    "nvmlDeviceGetMemoryInfo_v2",
    (bytes) => ({ totalBytes: at(bytes, 8), usedBytes: at(bytes, 32) }),
    MEMORY_V2,
  );
  const told =
    newer ??
    device.struct(
      "nvmlDeviceGetMemoryInfo",
      (bytes) => ({ totalBytes: at(bytes, 0), usedBytes: at(bytes, 16) }),
      undefined,
      "memory",
    );
  if (told !== null) return told;
  // Parts with unified memory, such as GB10 and Jetson, have none of their own.
  return root !== undefined && device.last === Code.notSupported
    ? machineMemory(root)
    : { usedBytes: null, totalBytes: null };
}

function machineMemory(root: string): Memory {
  const text = textOf(`${root}/proc/meminfo`) ?? "";
  const bytes = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB`, "m").exec(text)?.[1]) * 1024;
  const [total, available] = [bytes("MemTotal"), bytes("MemAvailable")];
  if (Number.isNaN(total + available)) return { usedBytes: null, totalBytes: null };
  return { usedBytes: total - available, totalBytes: total };
}

/** CUDA 13 has a new call in place of the old one. */
function readTemperature(device: Device): number | null {
  return (
    device.struct("nvmlDeviceGetTemperatureV", (bytes) => bytes.readInt32LE(8), TEMPERATURE_V1) ??
    device.u32("nvmlDeviceGetTemperature", "temperature", SENSOR_GPU)
  );
}

export function pciOf(device: Device): string | null {
  return device.struct("nvmlDeviceGetPciInfo_v3", (bytes) => busAddress(textIn(bytes.subarray(BUS_ID))));
}

/** `00000000:01:00.0` as the kernel writes it. */
function busAddress(text: string): string | null {
  return text === "" ? null : text.toLowerCase().replace(/^0000(?=[0-9a-f]{4}:)/, "");
}

function stateOf(state: number | null): string | null {
  return state === null || state >= NO_STATE ? null : `P${state}`;
}

function reasonsIn(bits: bigint | null): string[] {
  return bits === null ? [] : REASONS.filter(([bit]) => (bits & bit) !== 0n).map(([, name]) => name);
}
