import type { BootContext, Step } from "../step.ts";
import type { GpuReaderOptions } from "../../sys/gpus/reader.ts";
import { detectGpus, type Gpus } from "./detect.ts";
import { limitGpus, visibleNow } from "./limit.ts";

const ROCM_TOOLS = "/opt/rocm/bin";

/** Counts and limits the GPUs, and exports GPU_COUNT as the effective number. */
export async function prepareGpus(context: BootContext, root?: string, reader?: GpuReaderOptions) {
  const { env, log, settings } = context;
  const gpus = detectGpus(root);
  const chosen = await chooseFree(context, gpus, { ...(root === undefined ? {} : { root }), ...reader });
  const limit = limitGpus(settings.GPU_COUNT, gpus, env, chosen);
  if (limit.warning !== undefined) log.warn(limit.warning);
  Object.assign(env, limit.env, { GPU_COUNT: String(limit.count) });
  if (env["XPU_TARGET"] === "AMD_GPU") addToPath(env, ROCM_TOOLS);
  return { message: "GPUs counted", fields: { ...gpus, visible: limit.count } };
}

/** Entries of the freest GPUs, where GPU_COUNT_POLICY wants them; undefined for the first ones. */
async function chooseFree(
  { env, log, settings }: BootContext,
  gpus: Gpus,
  reader: GpuReaderOptions,
): Promise<string[] | undefined> {
  const { GPU_COUNT: wanted = 0, GPU_COUNT_POLICY: policy } = settings;
  const { vendor, entries, named } = visibleNow(gpus, env);
  if (policy !== "free" || wanted === 0 || wanted >= entries.length) return undefined;
  const { freest } = await import("./free.ts");
  const found = await freest(wanted, vendor, named, reader);
  if (typeof found !== "string") return found.map((name) => entries[named.indexOf(name)] ?? name);
  log.warn(`GPU_COUNT_POLICY=free: ${found}; the first ${wanted} of ${entries.length} GPUs are used`);
  return undefined;
}

function addToPath(env: Record<string, string>, directory: string): void {
  const path = env["PATH"] ?? "";
  if (!path.split(":").includes(directory)) env["PATH"] = path === "" ? directory : `${path}:${directory}`;
}

export const gpusStep: Step = { name: "gpus", run: async (context) => prepareGpus(context) };
