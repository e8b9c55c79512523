import type { BootContext, Step } from "../step.ts";
import { detectGpus } from "./detect.ts";
import { limitGpus } from "./limit.ts";

const ROCM_TOOLS = "/opt/rocm/bin";

/** Counts and limits the GPUs, and exports GPU_COUNT as the effective number. */
export function prepareGpus({ env, log, settings }: BootContext, root?: string) {
  const gpus = detectGpus(root);
  const limit = limitGpus(settings.GPU_COUNT, gpus, env);
  if (limit.warning !== undefined) log.warn(limit.warning);
  Object.assign(env, limit.env, { GPU_COUNT: String(limit.count) });
  if (env["XPU_TARGET"] === "AMD_GPU") addToPath(env, ROCM_TOOLS);
  return { message: "GPUs counted", fields: { ...gpus, visible: limit.count } };
}

function addToPath(env: Record<string, string>, directory: string): void {
  const path = env["PATH"] ?? "";
  if (!path.split(":").includes(directory)) env["PATH"] = path === "" ? directory : `${path}:${directory}`;
}

export const gpusStep: Step = { name: "gpus", run: async (context) => prepareGpus(context) };
