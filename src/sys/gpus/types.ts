/** What one GPU, or one instance of a GPU that is split (MIG), does now. Null stands for what it does not tell. */
export interface Gpu {
  /** Of its vendor, from 0; instances have that of their GPU. */
  index: number;
  vendor: "nvidia" | "amd" | "intel";
  /** As CUDA_VISIBLE_DEVICES takes it: `GPU-…` or `MIG-…`. */
  uuid: string | null;
  /** As in /sys/bus/pci/devices: `0000:01:00.0`. */
  pci: string | null;
  name: string;
  /** Part of the time with work on the GPU, from 0 to 1. */
  load: number | null;
  /** Part of the time with traffic on the memory of the GPU, from 0 to 1. */
  memoryLoad: number | null;
  /** With unified memory, of the machine. */
  usedBytes: number | null;
  totalBytes: number | null;
  /** Degrees Celsius. */
  temperature: number | null;
  watts: number | null;
  wattsLimit: number | null;
  /** Of full speed; above 1 in some cases. */
  fan: number | null;
  clockMHz: number | null;
  memoryClockMHz: number | null;
  /** Load of the video units, from 0 to 1. */
  encoder: number | null;
  decoder: number | null;
  /** A second, by the GPU, from memory of the machine. */
  pcieReadBytes: number | null;
  pcieWrittenBytes: number | null;
  /** Of the link as it is now; an idle GPU may lower the generation to save power, not the width. */
  pcieGeneration: number | null;
  pcieWidth: number | null;
  /** What GPU and slot could do. */
  pcieMaxWidth: number | null;
  /** From `P0`, the fastest, to `P15`. */
  performanceState: string | null;
  /** Why the GPU is slower than it could be, in the words of nvidia-smi: `hw_thermal_slowdown`, … */
  throttle: string[];
  /** Errors of memory over the life of the GPU; of AMD's, since its driver was loaded. */
  eccCorrected: number | null;
  eccUncorrected: number | null;
  /** Whether the GPU is split into instances. */
  mig: boolean | null;
  /** The last error event since the boot of the container; time in epoch milliseconds. */
  xid: { code: number; time: number } | null;
  /** What is wrong with the GPU, and what to do. */
  problem: string | null;
}

export interface GpuReport {
  gpus: Gpu[];
  /** Version of the driver. */
  driver: string | null;
  /** The newest CUDA that the driver can do, such as `12.4`. */
  cuda: string | null;
  /** What is wrong with the driver, and what to do; problems of one GPU are with that one. */
  problems: string[];
}

export const emptyReport = (): GpuReport => ({ gpus: [], driver: null, cuda: null, problems: [] });

/** A GPU of which nothing else is known. */
export function unknownGpu(vendor: Gpu["vendor"], index: number, name: string): Gpu {
  return {
    index,
    vendor,
    uuid: null,
    pci: null,
    name,
    load: null,
    memoryLoad: null,
    usedBytes: null,
    totalBytes: null,
    temperature: null,
    watts: null,
    wattsLimit: null,
    fan: null,
    clockMHz: null,
    memoryClockMHz: null,
    encoder: null,
    decoder: null,
    pcieReadBytes: null,
    pcieWrittenBytes: null,
    pcieGeneration: null,
    pcieWidth: null,
    pcieMaxWidth: null,
    performanceState: null,
    throttle: [],
    eccCorrected: null,
    eccUncorrected: null,
    mig: null,
    xid: null,
    problem: null,
  };
}
