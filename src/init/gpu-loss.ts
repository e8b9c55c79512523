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

/**
 * Does what AI_DOCK_ON_GPU_LOSS says when a GPU is lost: taken away from the container, or by an error event of NVIDIA's. Without
 * a GPU at boot nothing is loaded, nothing is started and nothing wakes up.
 */
export async function watchGpuLoss(options: GpuLossOptions): Promise<void> {
  const { supervisor, environment, endContainer, signals } = options;
  const { nvidia, amd } = detectGpus();
  if (nvidia + amd === 0) return;
  const { settings } = environment;

  const lose = (id: string, problem: string) => {
    const reaction = environment.settings.AI_DOCK_ON_GPU_LOSS;
    log.error(reaction === "exit" ? `${problem}: AI_DOCK_ON_GPU_LOSS=exit ends the container` : problem);
    supervisor.notices.set(id, {
      severity: "error",
      message: problem,
      isUnhealthy: reaction !== "report",
    });
    if (reaction !== "exit") return;
    endContainer(ExitCode.failure, "gpu-loss");
    // The script that runs is not waited for.
    if (supervisor.phase === "booting") signals.requestStop("gpu-loss");
  };

  const { watchGpus } = await import("../features/gpus/loss.ts");
  if (signals.stop.aborted) return;
  const end = watchGpus({
    onChange(problem) {
      if (problem !== undefined) return lose("gpu-loss", problem);
      log.info("the GPU is back");
      supervisor.notices.delete("gpu-loss");
    },
  });
  signals.stop.addEventListener("abort", end);

  if (nvidia === 0 || !settings.AI_DOCK_GPU_EVENTS) return;
  const { tellGpuEvents } = await import("./gpu-events.ts");
  if (signals.stop.aborted) return;
  const endEvents = tellGpuEvents({ supervisor, onLoss: lose });
  signals.stop.addEventListener("abort", endEvents);
}
