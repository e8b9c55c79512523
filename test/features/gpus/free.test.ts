import { beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepareGpus } from "../../../src/features/gpus/step.ts";
import { busyGpu, type NvmlConfig, type NvmlStandIn, nvmlStandIn } from "../../fixtures/nvml.ts";
import { card, kernelTree, radeon } from "../../fixtures/sysfs-gpus.ts";
import { bootContext } from "../context-fixture.ts";

let nvml: NvmlStandIn;

beforeAll(async () => {
  nvml = await nvmlStandIn();
  for (const name of ["nvidia1", "nvidia2", "nvidia3"]) writeFileSync(join(nvml.root, "dev", name), "");
});

/** The environment after the boot step, with GPUs that use as much of their memory. */
async function chosen(shares: number[], env: Record<string, string> = {}, more: NvmlConfig = {}) {
  const gpus = shares.map((share, index): NvmlConfig => {
    const total = 80 * 2 ** 30;
    return {
      ...busyGpu(index),
      [`gpu.${index}.load`]: 0,
      [`gpu.${index}.total`]: total,
      [`gpu.${index}.used`]: Math.round(total * share),
    };
  });
  nvml.set(Object.assign({ gpus: 4 }, ...gpus, more) as NvmlConfig);
  const context = bootContext({ GPU_COUNT: "2", GPU_COUNT_POLICY: "free", ...env }, env);
  const { library } = nvml;
  await prepareGpus(context, nvml.root, { library, patienceMilliseconds: 500, sick: new Map() });
  const { CUDA_VISIBLE_DEVICES: visible, CUDA_DEVICE_ORDER: order, GPU_COUNT: count } = context.env;
  const warnings = context.lines.flatMap((line) => /^warn (.*)/.exec(line)?.[1] ?? []);
  return { visible, order, count, warnings };
}

const first = { visible: "0,1", order: undefined, count: "2" };

describe("GPU_COUNT_POLICY=free", () => {
  test("leaves the GPUs with the least memory in use, in the order of the driver", async () => {
    expect(await chosen([0.9, 0.02, 0.5, 0.01])).toEqual({
      visible: "1,3",
      order: "PCI_BUS_ID",
      count: "2",
      warnings: [],
    });
  });

  test("counts load as well, and takes a sick GPU last", async () => {
    const loaded = await chosen([0, 0, 0.3, 0.3], {}, { "gpu.0.load": 100, "gpu.1.load": 90 });
    expect(loaded.visible).toBe("2,3");
    const sick = await chosen([0, 0.6, 0.5, 0.9], {}, { "return.nvmlDeviceGetHandleByIndex_v2.0": 15 });
    expect(sick.visible).toBe("1,2");
  });

  test("chooses within a list that is set, of numbers or UUIDs", async () => {
    expect((await chosen([0, 0.9, 0.1, 0.2], { CUDA_VISIBLE_DEVICES: "1,2,3" })).visible).toBe("2,3");
    const uuid = (index: number) => `GPU-00000000-0000-0000-0000-00000000000${index + 1}`;
    const list = [3, 1, 0].map(uuid).join(",");
    expect((await chosen([0.1, 0.9, 0, 0.2], { CUDA_VISIBLE_DEVICES: list })).visible).toBe(
      [uuid(3), uuid(0)].join(","),
    );
  });

  test("leaves out a GPU that does not answer", async () => {
    const { visible, warnings } = await chosen(
      [0.9, 0, 0, 0],
      {},
      { "wait.nvmlDeviceGetHandleByIndex_v2.2": "forever" },
    );
    expect([visible, warnings]).toEqual(["1,3", []]);
  });

  test("takes the first ones and says why, where the driver does not answer", async () => {
    const { warnings, ...rest } = await chosen([0.9, 0, 0, 0], {}, { "wait.nvmlInit_v2": "forever" });
    expect(rest).toEqual(first);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^GPU_COUNT_POLICY=free: the NVIDIA driver does not answer; .*; the first 2 of 4 GPUs are used$/,
      ),
    ]);
    const refused = await chosen([0.9, 0, 0, 0], {}, { "return.nvmlInit_v2": 9 });
    expect(refused).toMatchObject(first);
    expect(refused.warnings).toHaveLength(1);
  });

  test("has nothing to choose from where GPU_COUNT leaves all, or none", async () => {
    expect(await chosen([0.9, 0, 0, 0], { GPU_COUNT: "4" })).toMatchObject({
      visible: "0,1,2,3",
      warnings: [],
    });
    expect(await chosen([0.9, 0, 0, 0], { GPU_COUNT: "0" })).toMatchObject({ visible: "-1", warnings: [] });
  });

  /** A machine with GPUs of AMD's that use as many bytes of their memory. */
  function amdTree(used: number[]): string {
    const node = (minor: number) => ({
      [`sys/class/kfd/kfd/topology/nodes/${minor}/gpu_id`]: `${minor}\n`,
      [`sys/class/kfd/kfd/topology/nodes/${minor}/properties`]: `drm_render_minor ${minor}\n`,
    });
    const cards = used.map((bytes, index) => ({
      ...node(128 + index),
      ...card(index, "amdgpu", { ...radeon, "device/mem_info_vram_used": `${bytes}\n` }),
    }));
    return kernelTree(Object.assign({ "dev/kfd": "" }, ...cards) as Record<string, string>);
  }

  test("of AMD's by the files of the kernel", async () => {
    const root = amdTree([25e9, 1e9]);
    const context = bootContext({ GPU_COUNT: "1", GPU_COUNT_POLICY: "free" }, {});
    await prepareGpus(context, root);
    expect(context.env).toMatchObject({ HIP_VISIBLE_DEVICES: "1", GPU_COUNT: "1" });
    expect(context.env["CUDA_DEVICE_ORDER"]).toBeUndefined();
  });

  test("of AMD's counts as HIP does: within ROCR_VISIBLE_DEVICES", async () => {
    const root = amdTree([25e9, 1e9, 5e9, 24e9]);
    const chosenOf = async (env: Record<string, string>) => {
      const context = bootContext({ GPU_COUNT: "1", GPU_COUNT_POLICY: "free", ...env }, env);
      await prepareGpus(context, root);
      return context.env["HIP_VISIBLE_DEVICES"];
    };
    // The GPUs 3, 2 and 0 of the machine are 0, 1 and 2 of HIP.
    expect(await chosenOf({ ROCR_VISIBLE_DEVICES: "3,2,0" })).toBe("1");
    expect(await chosenOf({ ROCR_VISIBLE_DEVICES: "3,2,0", HIP_VISIBLE_DEVICES: "2,0" })).toBe("0");
  });
});
