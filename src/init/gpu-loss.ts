import type { Environment } from "../env/environment.ts";
import { ExitCode } from "../errors.ts";
import { detectGpus } from "../features/gpus/detect.ts";
import type { StopReason } from "../features/hooks/prestop.ts";
import { logger } from "../log.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { Signals } from "./signals.ts";

const log = logger("gpus");

export interface GpuLossOptions {
  supervisor: Supervisor;
  environment: Environment;
  /** Called with the exit code where AI_DOCK_ON_GPU_LOSS=exit ends the container. */
  endContainer: (code: number, reason: StopReason) => void;
  signals: Signals;
}

/** Does what AI_DOCK_ON_GPU_LOSS says when a GPU is lost. Without a GPU at boot nothing is loaded and nothing wakes up. */
export async function watchGpuLoss(options: GpuLossOptions): Promise<void> {
  const { supervisor, environment, endContainer, signals } = options;
  const { nvidia, amd } = detectGpus();
  if (nvidia + amd === 0) return;
  const { watchGpus } = await import("../features/gpus/loss.ts");
  if (signals.stop.aborted) return;
  const end = watchGpus({
    onChange(problem) {
      const reaction = environment.settings.AI_DOCK_ON_GPU_LOSS;
      if (problem === undefined) log.info("the GPU is back");
      else log.error(reaction === "exit" ? `${problem}: AI_DOCK_ON_GPU_LOSS=exit does so` : problem);
      if (problem === undefined) supervisor.notices.delete("gpu-loss");
      else
        supervisor.notices.set("gpu-loss", {
          severity: "error",
          message: problem,
          isUnhealthy: reaction !== "report",
        });
      if (problem === undefined || reaction !== "exit") return;
      endContainer(ExitCode.failure, "gpu-loss");
      // The script that runs is not waited for.
      if (supervisor.phase === "booting") signals.requestStop("gpu-loss");
    },
  });
  signals.stop.addEventListener("abort", end);
}
