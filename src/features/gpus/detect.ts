import { existsSync, readdirSync } from "node:fs";
import { readIfExists } from "../../sys/fs.ts";

export interface Gpus {
  nvidia: number;
  amd: number;
}

/** Counts the GPUs this container can open; `root` stands in front of /proc, /sys and /dev. */
export function detectGpus(root = ""): Gpus {
  return { nvidia: countNvidia(root), amd: countAmd(root) };
}

/**
 * Counts the device nodes, which are what the container was granted: the driver's list may hold every GPU of the host.
 * Nodes are made at the first use of a GPU; until then only the list can be counted.
 */
function countNvidia(root: string): number {
  const nodes = list(`${root}/dev`).filter((name) => /^nvidia\d+$/.test(name)).length;
  if (nodes > 0) return nodes;
  const listed = list(`${root}/proc/driver/nvidia/gpus`).length;
  // WSL2 has one node for all GPUs.
  return listed === 0 && existsSync(`${root}/dev/dxg`) ? 1 : listed;
}

/** sysfs shows every GPU of the host; those whose render node is here were granted. */
function countAmd(root: string): number {
  if (!existsSync(`${root}/dev/kfd`)) return 0;
  const renderNodes = new Set(list(`${root}/dev/dri`).filter((name) => /^renderD\d+$/.test(name)));
  const nodes = `${root}/sys/class/kfd/kfd/topology/nodes`;
  const minors = list(nodes)
    .filter((node) => isGpu(`${nodes}/${node}`))
    .map((node) => renderMinor(`${nodes}/${node}`));
  const granted = minors.filter((minor) => minor === undefined || renderNodes.has(`renderD${minor}`)).length;
  return Math.min(granted, renderNodes.size);
}

/** CPUs are nodes of the topology too, with the id 0. */
function isGpu(node: string): boolean {
  const id = (read(`${node}/gpu_id`) ?? "").trim();
  return id !== "" && id !== "0";
}

function renderMinor(node: string): string | undefined {
  return /^drm_render_minor (\d+)$/m.exec(read(`${node}/properties`) ?? "")?.[1];
}

/** The kernel refuses to show what belongs to a GPU that was not granted. */
function read(path: string): string | undefined {
  try {
    return readIfExists(path);
  } catch {
    return undefined;
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
