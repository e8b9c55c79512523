import { existsSync } from "node:fs";
import { GpuReader } from "../../sys/gpus/reader.ts";
import type { GpuReport } from "../../sys/gpus/types.ts";
import { detectGpus } from "./detect.ts";
import { amdDriver, lookAtAmd } from "./driver/amd.ts";
import { lookAtNvidia, openNvidia } from "./driver/nvidia.ts";
import { judgeReport, namesOf } from "./driver/report.ts";
import { type Check, failed, type CheckResult, ok } from "../check.ts";

/** Can the GPUs that this image is for be used? */
export const gpuCheck: Check = async ({ env }) => {
  const { nvidia, amd } = detectGpus();
  const results: CheckResult[] = [];
  const report = await readOnce();
  if (nvidia > 0) results.push(...(await checkNvidia(report, env)));
  if (amd > 0) results.push(...checkAmd(amd, report, env));
  const target = env["XPU_TARGET"];
  if (target === "NVIDIA_GPU" && nvidia === 0)
    results.push(
      failed(
        "gpu",
        "this image is for NVIDIA GPUs and there is none",
        "docker run --gpus all (NVIDIA container toolkit)",
      ),
    );
  if (target === "AMD_GPU" && amd === 0)
    results.push(failed("gpu", "this image is for AMD GPUs and there is none", amdFix()));
  if (results.length === 0) results.push(ok("gpu", "none, and none is needed"));
  return results;
};

/** Without a GPU it starts nothing. */
async function readOnce(): Promise<GpuReport> {
  const reader = new GpuReader();
  try {
    return await reader.read();
  } finally {
    reader.close();
  }
}

/** What the driver says counts only where nothing that is known explains it; what it says of one GPU always does. */
async function checkNvidia(report: GpuReport, env: Record<string, string>): Promise<CheckResult[]> {
  const found = [...lookAtNvidia(env), ...(await openNvidia())];
  const told = judgeReport(report);
  const isExplained = found.some(({ status }) => status !== "ok");
  return [...(isExplained ? [] : told.driver), ...told.gpus, ...found];
}

function checkAmd(count: number, { gpus }: GpuReport, env: Record<string, string>): CheckResult[] {
  const own = gpus.filter(({ vendor }) => vendor === "amd");
  const what = own.length === count ? namesOf(own) : `${count} AMD`;
  return [ok("gpu", `${what}, ${amdDriver()}`), ...lookAtAmd(env)];
}

function amdFix(): string {
  const devices = ["/dev/kfd", "/dev/dri"].filter((path) => !existsSync(path));
  const missing = devices.map((path) => `--device ${path}`).join(" ");
  return `docker run ${missing === "" ? "--device /dev/kfd --device /dev/dri" : missing} --security-opt seccomp=unconfined --group-add video --group-add render`;
}
