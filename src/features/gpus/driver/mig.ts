import { readIfExists } from "../../../sys/fs.ts";
import { type CheckResult, failed, ok } from "../../check.ts";
import { namesIn } from "./nodes.ts";

/**
 * GPUs that are split into instances (MIG): a container may use an instance whose node it has in /dev/nvidia-caps, and can
 * use nothing of a split GPU without one. Undefined where no GPU is split.
 */
export function judgeMig(root = ""): CheckResult | undefined {
  const folder = `${root}/proc/driver/nvidia/capabilities`;
  const own = namesIn(`${root}/dev`, /^nvidia\d+$/).map((name) => name.replace("nvidia", "gpu"));
  const instances = own.flatMap((gpu) =>
    namesIn(`${folder}/${gpu}/mig`, /^gi\d+$/).map((name) => `${folder}/${gpu}/mig/${name}/access`),
  );
  if (instances.length === 0) return undefined;
  const nodes = new Set(namesIn(`${root}/dev/nvidia-caps`, /^nvidia-cap\d+$/));
  const granted = instances.filter((path) => nodes.has(`nvidia-cap${minorOf(path)}`)).length;
  if (granted > 0) return ok("gpu", `MIG: ${granted} instances; a program sees the first of them`);
  return failed(
    "gpu",
    "the GPU is split into instances (MIG), and this container was given none of them",
    "NVIDIA_VISIBLE_DEVICES=MIG-… (nvidia-smi -L on the host lists them)",
  );
}

function minorOf(path: string): string | undefined {
  try {
    return /^DeviceFileMinor: (\d+)$/m.exec(readIfExists(path) ?? "")?.[1];
  } catch {
    return undefined;
  }
}
