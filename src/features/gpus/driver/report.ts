import type { Gpu, GpuReport } from "../../../sys/gpus/types.ts";
import { type CheckResult, failed, ok, warning } from "../../check.ts";

/** What holds a GPU back though nobody has asked for that. */
const SLOW: Record<string, string> = {
  hw_slowdown: "the hardware halves its clock, for heat or power",
  hw_thermal_slowdown: "the hardware halves its clock, for heat",
  hw_power_brake_slowdown: "the power supply of the machine holds it back",
  sw_thermal_slowdown: "heat holds it back",
};

const OTHER_MACHINE = "rent another machine";

/** What NVIDIA's driver says: of itself, and of each GPU. */
export function judgeReport(report: GpuReport): { driver: CheckResult[]; gpus: CheckResult[] } {
  const own = report.gpus.filter(({ vendor }) => vendor === "nvidia");
  const versions = [report.driver && `driver ${report.driver}`, report.cuda && `CUDA ${report.cuda}`];
  // Of one that does not answer, the name is not known.
  const known = own.filter(({ uuid }) => uuid !== null);
  const summary = [namesOf(known), ...versions].filter((text) => text !== null).join(", ");
  return {
    driver: report.problems.map((problem) => failure(problem)),
    gpus: [...(known.length === 0 ? [] : [ok("gpu", summary)]), ...own.flatMap((gpu) => judgeGpu(gpu))],
  };
}

/** `2 × NVIDIA H100 80GB HBM3, NVIDIA A40` */
export function namesOf(gpus: Gpu[]): string {
  return [...Map.groupBy(gpus, ({ name }) => name)]
    .map(([name, { length }]) => (length === 1 ? name : `${length} × ${name}`))
    .join(", ");
}

function judgeGpu({ index, problem, throttle, eccUncorrected, pcieWidth, pcieMaxWidth }: Gpu): CheckResult[] {
  const results: CheckResult[] = [];
  if (problem !== null) results.push(failure(problem, `GPU ${index}: `));
  const slow = throttle.map((reason) => SLOW[reason]).find((text) => text !== undefined);
  if (slow !== undefined) results.push(warning("gpu", `GPU ${index}: ${slow}`, OTHER_MACHINE));
  if (eccUncorrected !== null && eccUncorrected > 0)
    results.push(
      warning(
        "gpu",
        `GPU ${index}: ${eccUncorrected} errors of memory that could not be corrected, in its life`,
        `${OTHER_MACHINE} where programs fail on this GPU`,
      ),
    );
  if (pcieWidth !== null && pcieMaxWidth !== null && pcieWidth < pcieMaxWidth)
    results.push(
      warning(
        "gpu",
        `GPU ${index}: its PCIe link has ${pcieWidth} of ${pcieMaxWidth} lanes: data comes slowly to the GPU`,
        OTHER_MACHINE,
      ),
    );
  return results;
}

/** Problems of GPUs are one sentence: what is wrong; what to do. */
function failure(problem: string, prefix = ""): CheckResult {
  const [what = "", ...fix] = problem.split("; ");
  return failed("gpu", `${prefix}${what}`, fix.length === 0 ? OTHER_MACHINE : fix.join("; "));
}
