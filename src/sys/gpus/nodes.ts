import { existsSync } from "node:fs";
import { namesIn } from "./sysfs/files.ts";

/** Whether there is something to ask NVIDIA's driver for; asks nobody. `root` stands in front of all paths. */
export function hasNvidia(root = ""): boolean {
  return (
    namesIn(`${root}/dev`).some((name) => /^nvidia(?:\d+|ctl)$/.test(name)) ||
    namesIn(`${root}/proc/driver/nvidia/gpus`).length > 0 ||
    // WSL2 has one node for all GPUs.
    existsSync(`${root}/dev/dxg`)
  );
}

/** The render nodes that this container has. */
export function renderNodes(root = ""): string[] {
  return namesIn(`${root}/dev/dri`).filter((name) => /^renderD\d+$/.test(name));
}

/** Whether this container has a GPU that could be read. */
export function hasGpuNodes(root = ""): boolean {
  return hasNvidia(root) || renderNodes(root).length > 0;
}
