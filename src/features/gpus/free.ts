import { GpuReader, type GpuReaderOptions } from "../../sys/gpus/reader.ts";
import type { Gpu, GpuReport } from "../../sys/gpus/types.ts";

/** The boot waits for it. */
const PATIENCE_MILLISECONDS = 5000;
const LIMIT_MILLISECONDS = 15_000;

/**
 * Of the GPUs that `entries` name, as the driver counts them or by UUID, the `wanted` ones with the least memory and
 * load in use, in the order of the list; one that is sick comes last. A string says why that cannot be told.
 */
export async function freest(
  wanted: number,
  vendor: "nvidia" | "amd",
  entries: string[],
  options: GpuReaderOptions = {},
): Promise<string[] | string> {
  const reader = new GpuReader({ patienceMilliseconds: PATIENCE_MILLISECONDS, ...options });
  const late = setTimeout(() => reader.close(), LIMIT_MILLISECONDS);
  const report = await reader.read();
  clearTimeout(late);
  reader.close();
  const found = entries.map((entry) => ({ entry, gpus: gpusOf(entry, vendor, report) }));
  const unknown = found.find(({ gpus }) => gpus.length !== 1);
  if (unknown !== undefined) return whyNot(unknown, report);
  const order = found
    .map(({ entry, gpus }) => ({ entry, use: useOf(gpus[0]) }))
    .toSorted((one, other) => one.use - other.use);
  const chosen = new Set(order.slice(0, wanted).map(({ entry }) => entry));
  return entries.filter((entry) => chosen.has(entry));
}

/** A number is that of the driver, as CUDA counts with CUDA_DEVICE_ORDER=PCI_BUS_ID; else the beginning of a UUID. */
function gpusOf(entry: string, vendor: Gpu["vendor"], { gpus }: GpuReport): Gpu[] {
  const own = gpus.filter((gpu) => gpu.vendor === vendor);
  if (/^\d+$/.test(entry)) return own.filter(({ index }) => index === Number(entry));
  return own.filter(({ uuid }) => uuid?.startsWith(entry) === true);
}

function whyNot({ entry, gpus }: { entry: string; gpus: Gpu[] }, { problems }: GpuReport): string {
  return gpus.length > 1
    ? `GPU ${entry} is split into instances`
    : (problems[0] ?? `nothing is known of GPU ${entry}`);
}

function useOf(gpu: Gpu | undefined): number {
  if (gpu === undefined || gpu.problem !== null) return Number.POSITIVE_INFINITY;
  const { load, usedBytes, totalBytes } = gpu;
  return (load ?? 0) + (usedBytes === null || !totalBytes ? 0 : usedBytes / totalBytes);
}
