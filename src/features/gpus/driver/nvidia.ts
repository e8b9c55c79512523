import { readIfExists } from "../../../sys/fs.ts";
import { type CheckResult, failed, ok, warning } from "../../check.ts";
import { judgeCuda } from "./cuda.ts";
import { findCompat, findLibrary } from "./libraries.ts";
import { judgeMig } from "./mig.ts";
import { namesIn, openAll, refusal } from "./nodes.ts";

type Environment = Record<string, string>;

const TOOLKIT = "docker run --gpus all (NVIDIA container toolkit)";
const CAPABILITIES = "NVIDIA_DRIVER_CAPABILITIES=compute,utility";

/** The GPUs of NVIDIA's that this container has, by their nodes. */
export function nvidiaNodes(root = ""): string[] {
  return namesIn(`${root}/dev`, /^nvidia\d+$/).map((name) => `/dev/${name}`);
}

/**
 * What is wrong with NVIDIA's driver as this container sees it, and what is worth to be known (status ok). Opens no device.
 * `root` stands in front of all paths.
 */
export function lookAtNvidia(env: Environment, root = ""): CheckResult[] {
  const nodes = nvidiaNodes(root);
  if (nodes.length === 0) return refusal(`${root}/dev/dxg`) === "ENOENT" ? [] : lookAtWsl(env, root);
  const denied = lookAtRights(nodes, root);
  // What else is wrong follows from that.
  if (denied !== undefined) return [denied];
  const driver = kernelDriver(root);
  const found = [
    ...lookAtLibraries(env, driver, root),
    driver === undefined
      ? undefined
      : judgeCuda({
          cuda: env["CUDA_VERSION"],
          driver,
          compat: findCompat(env, root),
          models: models(root),
        }),
    judgeMig(root),
  ];
  return found.filter((result) => result !== undefined);
}

/** GPUs that cannot be opened, as one has that has fallen off its bus. May take as long as a sick GPU takes. */
export async function openNvidia(signal?: AbortSignal): Promise<CheckResult[]> {
  const nodes = nvidiaNodes().filter((node) => refusal(node) === undefined);
  if (nodes.length === 0) return [];
  return [...(await openAll(nodes, signal))].map(([node, why]) =>
    failed(
      "gpu",
      `${node} cannot be opened: ${why}`,
      "rent another machine; on one of your own: dmesg | grep Xid, then reset the GPU or reboot",
    ),
  );
}

/** The control device and the GPUs are needed; a container that was granted them may have lost them. */
function lookAtRights(nodes: string[], root: string): CheckResult | undefined {
  const refused = ["/dev/nvidiactl", ...nodes].map((node) => ({ node, code: refusal(`${root}${node}`) }));
  const named = (wanted: string) =>
    refused
      .filter(({ code }) => code === wanted)
      .map(({ node }) => node)
      .join(", ");
  if (named("ENOENT") !== "") return failed("gpu", `${named("ENOENT")} is not there`, TOOLKIT);
  if (named("EPERM") !== "")
    return failed(
      "gpu",
      `the device rules of this container forbid ${named("EPERM")}, as after "systemctl daemon-reload" on the host`,
      "restart the container; on the host: nvidia-ctk system create-dev-char-symlinks --create-all",
    );
  if (named("EACCES") !== "")
    return failed("gpu", `this user may not open ${named("EACCES")}`, "run the container as root");
  return undefined;
}

function lookAtLibraries(env: Environment, driver: string | undefined, root: string): CheckResult[] {
  const granted = env["NVIDIA_DRIVER_CAPABILITIES"];
  const fix = granted === undefined || granted === "all" ? TOOLKIT : CAPABILITIES;
  const missing = (name: string, use: string) =>
    `no ${name}: ${use}${granted === undefined ? "" : ` (NVIDIA_DRIVER_CAPABILITIES=${granted})`}`;
  const cuda = findLibrary("libcuda", env, root);
  const nvml = findLibrary("libnvidia-ml", env, root);
  const results: CheckResult[] = [];
  if (cuda === undefined)
    results.push(failed("gpu", missing("libcuda.so.1", "programs cannot use the GPU"), fix));
  if (nvml === undefined)
    results.push(
      warning("gpu", missing("libnvidia-ml.so.1", "nobody can tell load, memory and health"), fix),
    );
  const compat = findCompat(env, root);
  const wrong = Object.entries({ libcuda: cuda, "libnvidia-ml": nvml }).find(
    ([, library]) =>
      driver !== undefined &&
      library?.version !== undefined &&
      library.version !== driver &&
      library.version !== compat?.version,
  );
  if (wrong !== undefined)
    results.push(
      failed(
        "gpu",
        `${wrong[0]} is of driver ${wrong[1]?.version}, the kernel has ${driver}: driver/library version mismatch`,
        "start a new container; where that is no help, the host needs a reboot, or the image holds a driver that must go",
      ),
    );
  if (refusal(`${root}/dev/nvidia-uvm`) === "ENOENT" && cuda !== undefined)
    results.push(
      failed(
        "gpu",
        "/dev/nvidia-uvm is not there: CUDA cannot start",
        "on the host: nvidia-modprobe -u -c 0",
      ),
    );
  return results;
}

/** In WSL2 the driver is that of Windows, and its version is in no file. */
function lookAtWsl(env: Environment, root: string): CheckResult[] {
  if (findLibrary("libcuda", env, root) === undefined)
    return [failed("gpu", "WSL2 without the libraries of the Windows driver", "docker run --gpus all")];
  return [ok("gpu", "WSL2: the driver is that of Windows; nvidia-smi tells its version")];
}

/** Of the module that runs; the first file is not there in each container, the second in no WSL2. */
function kernelDriver(root: string): string | undefined {
  const text = read(`${root}/proc/driver/nvidia/version`) ?? "";
  const version = /^NVRM version:.*?\s(\d{3,}\.\d+(?:\.\d+)?)\s/m.exec(text)?.[1];
  return version ?? /^\d{3,}\.\d+(?:\.\d+)?/.exec(read(`${root}/sys/module/nvidia/version`) ?? "")?.[0];
}

function models(root: string): string[] {
  const folder = `${root}/proc/driver/nvidia/gpus`;
  return namesIn(folder, /:/)
    .map((gpu) => /^Model:\s+(.+?)\s*$/m.exec(read(`${folder}/${gpu}/information`) ?? "")?.[1])
    .filter((model) => model !== undefined);
}

function read(path: string): string | undefined {
  try {
    return readIfExists(path);
  } catch {
    return undefined;
  }
}
