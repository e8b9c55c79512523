import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { detectGpus } from "../../../src/features/gpus/detect.ts";

/** A tree with the given files; a trailing slash makes a directory. */
function tree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "gpu-"));
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(name.endsWith("/") ? path : dirname(path), { recursive: true });
    if (!name.endsWith("/")) writeFileSync(path, content);
  }
  return root;
}

const nodes = "sys/class/kfd/kfd/topology/nodes";

describe("detectGpus()", () => {
  test("finds none in an empty tree", () => {
    expect(detectGpus(tree({}))).toEqual({ nvidia: 0, amd: 0 });
  });

  test("counts NVIDIA's device nodes, not its control nodes, and not the host's other GPUs", () => {
    const root = tree({
      "dev/nvidia0": "",
      "dev/nvidia3": "",
      "dev/nvidiactl": "",
      "dev/nvidia-uvm": "",
      "dev/nvidia-caps/": "",
      "proc/driver/nvidia/gpus/0000:01:00.0/": "",
      "proc/driver/nvidia/gpus/0000:02:00.0/": "",
      "proc/driver/nvidia/gpus/0000:03:00.0/": "",
      "proc/driver/nvidia/gpus/0000:04:00.0/": "",
    });
    expect(detectGpus(root)).toEqual({ nvidia: 2, amd: 0 });
  });

  test("counts NVIDIA's list where there are no device nodes", () => {
    const root = tree({ "proc/driver/nvidia/gpus/0000:01:00.0/": "" });
    expect(detectGpus(root).nvidia).toBe(1);
  });

  test("takes the node of WSL2 for a GPU of NVIDIA's", () => {
    expect(detectGpus(tree({ "dev/dxg": "" }))).toEqual({ nvidia: 1, amd: 0 });
    expect(detectGpus(tree({ "dev/dxg": "", "dev/nvidia0": "", "dev/nvidia1": "" })).nvidia).toBe(2);
  });

  test("counts AMD's GPUs whose render node is there, and no CPU", () => {
    const root = tree({
      "dev/kfd": "",
      "dev/dri/card0": "",
      "dev/dri/renderD128": "",
      "dev/dri/renderD130": "",
      [`${nodes}/0/gpu_id`]: "0\n",
      [`${nodes}/1/gpu_id`]: "51234\n",
      [`${nodes}/1/properties`]: "simd_count 1\ndrm_render_minor 128\n",
      [`${nodes}/2/gpu_id`]: "51235\n",
      [`${nodes}/2/properties`]: "drm_render_minor 129\n",
      [`${nodes}/3/gpu_id`]: "51236\n",
      [`${nodes}/3/properties`]: "drm_render_minor 130\n",
    });
    expect(detectGpus(root)).toEqual({ nvidia: 0, amd: 2 });
  });

  test("counts no AMD GPU without /dev/kfd or without a render node", () => {
    const topology = { [`${nodes}/1/gpu_id`]: "51234\n" };
    expect(detectGpus(tree({ ...topology, "dev/dri/renderD128": "" })).amd).toBe(0);
    expect(detectGpus(tree({ ...topology, "dev/kfd": "" })).amd).toBe(0);
    expect(detectGpus(tree({ ...topology, "dev/kfd": "", "dev/dri/renderD128": "" })).amd).toBe(1);
  });

  test("takes a render node alone for no AMD GPU", () => {
    expect(detectGpus(tree({ "dev/dri/renderD128": "" }))).toEqual({ nvidia: 0, amd: 0 });
  });
});
