import { ShellCode } from "../../errors.ts";
import { existsSync } from "node:fs";
import { run } from "../../sys/run.ts";
import { detectGpus } from "./detect.ts";
import { amdDriver, lookAtAmd } from "./driver/amd.ts";
import { lookAtNvidia, openNvidia } from "./driver/nvidia.ts";
import { type Check, failed, type CheckResult, ok, warning } from "../check.ts";

const TOOL_LIMIT_MILLISECONDS = 10_000;

/** Can the GPUs that this image is for be used? */
export const gpuCheck: Check = async ({ env }) => {
  const { nvidia, amd } = detectGpus();
  const results: CheckResult[] = [];
  if (nvidia > 0) results.push(...(await checkNvidia(nvidia, env)));
  if (amd > 0) results.push(...checkAmd(amd, env));
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

/** What the driver's own tool says counts only where nothing that is known explains its failure. */
async function checkNvidia(count: number, env: Record<string, string>): Promise<CheckResult[]> {
  const found = [...lookAtNvidia(env), ...(await openNvidia())];
  const hasProblem = found.some(({ status }) => status !== "ok");
  const tool = await askTool(count);
  return tool.status === "ok" || !hasProblem ? [tool, ...found] : found;
}

/** The device may be there without the driver's libraries, which the container toolkit brings. */
async function askTool(count: number): Promise<CheckResult> {
  const signal = AbortSignal.timeout(TOOL_LIMIT_MILLISECONDS);
  const { code, stdout, stderr } = await run(
    ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"],
    { signal },
  );
  if (code === 0) return ok("gpu", stdout.trim().replaceAll("\n", "; "));
  const fix = "docker run --gpus all, with NVIDIA_DRIVER_CAPABILITIES=compute,utility";
  if (code === ShellCode.notFound) return warning("gpu", `${count} NVIDIA, but nvidia-smi is not there`, fix);
  return failed("gpu", `nvidia-smi: ${(stderr || stdout).trim().split("\n")[0] ?? `exit code ${code}`}`, fix);
}

function checkAmd(count: number, env: Record<string, string>): CheckResult[] {
  return [ok("gpu", `${count} AMD, ${amdDriver()}`), ...lookAtAmd(env)];
}

function amdFix(): string {
  const devices = ["/dev/kfd", "/dev/dri"].filter((path) => !existsSync(path));
  const missing = devices.map((path) => `--device ${path}`).join(" ");
  return `docker run ${missing === "" ? "--device /dev/kfd --device /dev/dri" : missing} --security-opt seccomp=unconfined --group-add video --group-add render`;
}
