import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limitGpus } from "../../../src/features/gpus/limit.ts";
import { prepareGpus } from "../../../src/features/gpus/step.ts";
import { bootContext } from "../context-fixture.ts";

const nvidia = (count: number) => ({ nvidia: count, amd: 0 });
const amd = (count: number) => ({ nvidia: 0, amd: count });
const tooMany = (wanted: number, there: number) =>
  `GPU_COUNT: expected at most the ${there} there are, got "${wanted}"; using all`;

describe("limitGpus()", () => {
  test.each([
    ["no wish", undefined, nvidia(4), {}, { env: {}, count: 4 }],
    ["no wish, a list set", undefined, nvidia(4), { CUDA_VISIBLE_DEVICES: "2,3" }, { env: {}, count: 2 }],
    ["two of four", 2, nvidia(4), {}, { env: { CUDA_VISIBLE_DEVICES: "0,1" }, count: 2 }],
    ["all of two", 2, nvidia(2), {}, { env: { CUDA_VISIBLE_DEVICES: "0,1" }, count: 2 }],
    [
      "the first of a list",
      2,
      nvidia(8),
      { CUDA_VISIBLE_DEVICES: "5, 3,1" },
      { env: { CUDA_VISIBLE_DEVICES: "5,3" }, count: 2 },
    ],
    [
      "UUIDs",
      1,
      nvidia(2),
      { CUDA_VISIBLE_DEVICES: "GPU-8932f937,GPU-11111111" },
      { env: { CUDA_VISIBLE_DEVICES: "GPU-8932f937" }, count: 1 },
    ],
    [
      "more MIG ids than GPUs",
      2,
      nvidia(1),
      { CUDA_VISIBLE_DEVICES: "MIG-a,MIG-b,MIG-c" },
      { env: { CUDA_VISIBLE_DEVICES: "MIG-a,MIG-b" }, count: 2 },
    ],
    [
      "a list that ends at -1",
      undefined,
      nvidia(4),
      { CUDA_VISIBLE_DEVICES: "1,-1,2" },
      { env: {}, count: 1 },
    ],
    [
      "an empty list, which hides all for CUDA",
      undefined,
      nvidia(2),
      { CUDA_VISIBLE_DEVICES: "" },
      { env: {}, count: 0 },
    ],
    [
      "an empty list, which is none for HIP",
      undefined,
      amd(2),
      { HIP_VISIBLE_DEVICES: "" },
      { env: {}, count: 2 },
    ],
    ["a list beyond the GPUs", undefined, nvidia(2), { CUDA_VISIBLE_DEVICES: "1,2" }, { env: {}, count: 1 }],
    ["none of NVIDIA's", 0, nvidia(4), {}, { env: { CUDA_VISIBLE_DEVICES: "-1" }, count: 0 }],
    ["none of AMD's", 0, amd(4), {}, { env: { HIP_VISIBLE_DEVICES: "-1" }, count: 0 }],
    ["none where there is none", 0, nvidia(0), {}, { env: { CUDA_VISIBLE_DEVICES: "-1" }, count: 0 }],
    ["more than there are", 5, nvidia(2), {}, { env: {}, count: 2, warning: tooMany(5, 2) }],
    ["one where there is none", 1, nvidia(0), {}, { env: {}, count: 0, warning: tooMany(1, 0) }],
    [
      "a list where there is none",
      1,
      nvidia(0),
      { CUDA_VISIBLE_DEVICES: "0" },
      { env: {}, count: 0, warning: tooMany(1, 0) },
    ],
    ["one AMD GPU", 1, amd(2), {}, { env: { HIP_VISIBLE_DEVICES: "0" }, count: 1 }],
    [
      "AMD within ROCR_VISIBLE_DEVICES",
      3,
      amd(4),
      { ROCR_VISIBLE_DEVICES: "2,3" },
      { env: {}, count: 2, warning: tooMany(3, 2) },
    ],
    [
      "an AMD image on a host with both",
      1,
      { nvidia: 1, amd: 2 },
      { XPU_TARGET: "AMD_GPU" },
      { env: { HIP_VISIBLE_DEVICES: "0" }, count: 1 },
    ],
  ])("%s", (_, wanted, gpus, env, expected) => {
    expect(limitGpus(wanted, gpus, env)).toEqual(expected);
  });
});

describe("prepareGpus()", () => {
  const root = mkdtempSync(join(tmpdir(), "gpus-"));
  mkdirSync(join(root, "dev"));
  for (const index of [0, 1, 2]) writeFileSync(join(root, `dev/nvidia${index}`), "");

  test("exports the limit and the effective number", async () => {
    const context = bootContext({ GPU_COUNT: "2" }, { GPU_COUNT: "2", NVIDIA_VISIBLE_DEVICES: "all" });
    expect((await prepareGpus(context, root)).fields).toEqual({ nvidia: 3, amd: 0, visible: 2 });
    expect(context.env).toMatchObject({
      CUDA_VISIBLE_DEVICES: "0,1",
      GPU_COUNT: "2",
      NVIDIA_VISIBLE_DEVICES: "all",
    });
  });

  test("replaces a number that is none and limits nothing", async () => {
    const context = bootContext({}, { GPU_COUNT: "abc" });
    await prepareGpus(context, root);
    expect(context.env["GPU_COUNT"]).toBe("3");
    expect(context.env["CUDA_VISIBLE_DEVICES"]).toBeUndefined();
  });

  test("adds the ROCm tools to PATH once", async () => {
    const context = bootContext({}, { XPU_TARGET: "AMD_GPU", PATH: "/bin" });
    await prepareGpus(context, root);
    await prepareGpus(context, root);
    expect(context.env["PATH"]).toBe("/bin:/opt/rocm/bin");
  });
});
