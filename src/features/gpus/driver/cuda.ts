import { type CheckResult, failed, ok, warning } from "../../check.ts";
import { driverOf, isAtLeast, majorOf, minimumOf, releaseOf } from "./cuda-releases.ts";

export interface CudaFacts {
  /** CUDA_VERSION of the image. */
  cuda: string | undefined;
  /** Version of the driver in the kernel. */
  driver: string;
  /** The package for forward compatibility, where the image has it. */
  compat: { version: string; isUsed: boolean } | undefined;
  /** Names of the GPUs. */
  models: string[];
}

/** GPUs for which NVIDIA excludes forward compatibility; of others, some have it. */
const CONSUMER = /GeForce|TITAN/i;

/**
 * Can the driver run the CUDA of this image? Undefined where that is not known, or there is nothing to say: the driver can
 * do all of it.
 */
export function judgeCuda({ cuda, driver, compat, models }: CudaFacts): CheckResult | undefined {
  const [, release = "", major = ""] = /^((\d+)\.\d+)/.exec(cuda ?? "") ?? [];
  const full = driverOf(release);
  const minimum = minimumOf(Number(major));
  if (minimum === undefined || (full !== undefined && isAtLeast(driver, full))) return undefined;
  if (isAtLeast(driver, minimum)) return full === undefined ? undefined : byMinor(release, driver, full);
  const tooOld = `driver ${driver} is too old for CUDA ${release} of this image`;
  const all = full === undefined || full === minimum ? "" : ` (${full} for all of CUDA ${release})`;
  const other = majorOf(driver);
  const image = other === undefined ? "" : `, or take an image with CUDA ${other}`;
  const fix = `rent a machine with driver ${minimum} or newer${all}${image}`;
  if (compat === undefined || !isAtLeast(compat.version, minimum)) return failed("cuda", tooOld, fix);
  const consumer = models.find((model) => CONSUMER.test(model));
  if (consumer !== undefined) {
    const why = `and its package for forward compatibility is not for ${consumer}`;
    return failed("cuda", `${tooOld}, ${why}`, fix);
  }
  if (!compat.isUsed) {
    const why = "but for its package for forward compatibility, which is not in use";
    return warning("cuda", `${tooOld}, ${why}`, `LD_LIBRARY_PATH=/usr/local/cuda/compat; else ${fix}`);
  }
  return ok(
    "cuda",
    `CUDA ${release} on driver ${driver} by forward compatibility, which data centre GPUs have`,
  );
}

function byMinor(release: string, driver: string, full: string): CheckResult {
  const own = releaseOf(driver);
  const what = `CUDA ${release} by minor version compatibility: driver ${driver} is of CUDA ${own ?? "an older release"}`;
  return ok("cuda", `${what}; programs that compile PTX as they run may need ${full}`);
}
