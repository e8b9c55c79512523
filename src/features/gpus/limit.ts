import type { Gpus } from "./detect.ts";

/** Tells CUDA and HIP to see no GPU. */
const HIDE_ALL = "-1";

export interface GpuLimit {
  /** Variables to set; all others stay as they are. */
  env: Record<string, string>;
  /** The effective number of GPUs. */
  count: number;
  warning?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

interface VisibleGpus {
  vendor: "nvidia" | "amd";
  entries: string[];
  /** The same GPUs as the driver counts them. */
  named: string[];
}

/** The GPUs that programs see without a limit: entries of the list that is set already, else 0…n-1. */
export function visibleNow(gpus: Gpus, env: Environment): VisibleGpus {
  const isAmd = gpus.amd > 0 && (env["XPU_TARGET"] === "AMD_GPU" || gpus.nvidia === 0);
  if (!isAmd) {
    const entries = visibleGpus(env["CUDA_VISIBLE_DEVICES"], gpus.nvidia);
    return { vendor: "nvidia", entries, named: entries };
  }
  const entries = visibleAmd(gpus.amd, env);
  const left = visibleGpus(env["ROCR_VISIBLE_DEVICES"], gpus.amd);
  return { vendor: "amd", entries, named: entries.map((entry) => left[Number(entry)] ?? entry) };
}

/**
 * Limits the visible GPUs to the first `wanted` of those that are visible now, or to those of `chosen` entries. Without
 * `wanted` nothing is limited, only counted.
 */
export function limitGpus(
  wanted: number | undefined,
  gpus: Gpus,
  env: Environment,
  chosen?: string[],
): GpuLimit {
  const amdImage = env["XPU_TARGET"] === "AMD_GPU";
  const { vendor, entries: visible } = visibleNow(gpus, env);
  if (wanted === undefined) return { env: {}, count: visible.length };
  if (wanted === 0) return { env: hideAll(gpus, amdImage), count: 0 };
  if (wanted > visible.length) {
    const warning = `GPU_COUNT: expected at most the ${visible.length} there are, got "${wanted}"; using all`;
    return { env: {}, count: visible.length, warning };
  }
  const name = vendor === "amd" ? "HIP_VISIBLE_DEVICES" : "CUDA_VISIBLE_DEVICES";
  const own: Record<string, string> = { [name]: (chosen ?? visible.slice(0, wanted)).join(",") };
  // CUDA would number the fastest first, the driver numbers by bus.
  if (chosen !== undefined && vendor === "nvidia") own["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID";
  return { env: own, count: wanted };
}

function hideAll(gpus: Gpus, amdImage: boolean): Record<string, string> {
  const cuda = gpus.nvidia > 0 || (gpus.amd === 0 && !amdImage);
  const hip = gpus.amd > 0 || amdImage;
  return {
    ...(cuda ? { CUDA_VISIBLE_DEVICES: HIDE_ALL } : {}),
    ...(hip ? { HIP_VISIBLE_DEVICES: HIDE_ALL } : {}),
  };
}

/** HIP counts within what ROCR_VISIBLE_DEVICES leaves of the GPUs; that variable is never changed. */
function visibleAmd(detected: number, env: Environment): string[] {
  const left = visibleGpus(env["ROCR_VISIBLE_DEVICES"], detected).length;
  // HIP takes an empty value for none set, unlike CUDA and ROCr, which then hide all.
  return visibleGpus(env["HIP_VISIBLE_DEVICES"] || undefined, left);
}

/** The entries that name a GPU; both vendors stop reading at the first that does not. */
function visibleGpus(listed: string | undefined, detected: number): string[] {
  if (detected === 0) return [];
  if (listed === undefined) return Array.from({ length: detected }, (_, index) => String(index));
  const entries = listed.split(",").map((entry) => entry.trim());
  const end = entries.findIndex((entry) => !namesGpu(entry, detected));
  return end === -1 ? entries : entries.slice(0, end);
}

/** An index, or a UUID such as `GPU-…` or `MIG-…`. */
function namesGpu(entry: string, detected: number): boolean {
  return /^\d+$/.test(entry) ? Number(entry) < detected : /^(?:GPU|MIG)-/.test(entry);
}
