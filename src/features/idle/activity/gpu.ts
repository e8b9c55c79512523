import { hasGpuNodes } from "../../../sys/gpus/nodes.ts";
import { GpuReader } from "../../../sys/gpus/reader.ts";
import type { GpuReport } from "../../../sys/gpus/types.ts";
import { type Activity, seen, type Source, unmeasured } from "./activity.ts";

/** A GPU tells its load of the last moment only: some moments say more than one. */
const MOMENTS = 3;
const BETWEEN_MILLISECONDS = 500;

interface Reader {
  read: () => Promise<GpuReport>;
  close: () => void;
}

interface GpuSourceOptions {
  open?: () => Reader;
  hasGpus?: () => boolean;
}

/** Load of GPUs at the moment. `threshold` is in percent of one GPU; 0 leaves GPUs out. */
export function gpuSource(
  threshold: () => number,
  { open = () => new GpuReader(), hasGpus = () => hasGpuNodes() }: GpuSourceOptions = {},
): Source {
  return {
    name: "gpu",
    async look() {
      const most = threshold();
      if (most === 0 || !hasGpus()) return [];
      const reader = open();
      try {
        for (let left = MOMENTS; ; left--) {
          const found = judge(await reader.read(), most);
          if (found.length > 0 || left === 1) return found;
          await Bun.sleep(BETWEEN_MILLISECONDS);
        }
      } finally {
        reader.close();
      }
    },
  };
}

const LEAVE_OUT = "AI_DOCK_IDLE_GPU=off leaves GPUs out";

function judge({ gpus, problems }: GpuReport, most: number): Activity[] {
  if (gpus.length === 0) {
    const [problem = "no GPU tells what it does"] = problems;
    return [unmeasured("gpu", `${problem}; ${LEAVE_OUT}`)];
  }
  return gpus.flatMap(({ vendor, index, load }) => {
    if (load === null) return [unmeasured("gpu", `${vendor} GPU ${index} tells no load; ${LEAVE_OUT}`)];
    return load * 100 >= most ? [seen("gpu", `${vendor} GPU ${index} over ${most} %`)] : [];
  });
}
