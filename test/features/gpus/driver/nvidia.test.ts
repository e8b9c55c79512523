import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { lookAtNvidia } from "../../../../src/features/gpus/driver/nvidia.ts";
import { container, library, tree } from "./_tree.ts";

const look = (files: Record<string, string>, env: Record<string, string> = {}, without: string[] = []) => {
  const root = tree(files);
  for (const path of without) rmSync(join(root, path));
  return lookAtNvidia(env, root);
};
const messages = (...of: Parameters<typeof look>) => look(...of).map(({ message }) => message);

const V550 = "550.54.14";
const whole = container(V550);

describe("nothing is said", () => {
  test("of a container without a GPU, whatever the host has", () => {
    expect(look({ "proc/driver/nvidia/version": whole["proc/driver/nvidia/version"] ?? "" })).toEqual([]);
  });

  test("where all is as it should be", () => {
    expect(look(whole, { CUDA_VERSION: "12.4.1" })).toEqual([]);
  });

  test("of a library whose name has no version", () => {
    const { [`usr/lib/x86_64-linux-gnu/libcuda.so.${V550}`]: _, ...rest } = whole;
    expect(look({ ...rest, "usr/lib/x86_64-linux-gnu/libcuda.so.1": "", "dev/nvidia-uvm": "" }, {})).toEqual(
      [],
    );
  });
});

test("the driver is told by open modules and by sysfs as well", () => {
  const line = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  470.82.01  Release Build  (x)\n";
  const tooOld = expect.stringContaining("driver 470.82.01 is too old for CUDA 12.4");
  const env = { CUDA_VERSION: "12.4.1" };
  const old = container("470.82.01");
  expect(messages({ ...old, "proc/driver/nvidia/version": line }, env)).toEqual([tooOld]);
  const { "proc/driver/nvidia/version": _, ...rest } = old;
  expect(messages({ ...rest, "sys/module/nvidia/version": "470.82.01\n" }, env)).toEqual([tooOld]);
  expect(messages(rest, env)).toEqual([]);
});

describe("libraries", () => {
  const withoutNvml = [
    "usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1",
    `usr/lib/x86_64-linux-gnu/libnvidia-ml.so.${V550}`,
  ];

  test("no utility capability", () => {
    expect(look(whole, { NVIDIA_DRIVER_CAPABILITIES: "compute" }, withoutNvml)).toEqual([
      {
        name: "gpu",
        status: "warning",
        message:
          "no libnvidia-ml.so.1: nobody can tell load, memory and health (NVIDIA_DRIVER_CAPABILITIES=compute)",
        fix: "NVIDIA_DRIVER_CAPABILITIES=compute,utility",
      },
    ]);
    expect(look(whole, {}, withoutNvml)).toEqual([
      expect.objectContaining({ fix: expect.stringContaining("--gpus all") }),
    ]);
  });

  test("no libcuda", () => {
    expect(
      look(whole, { NVIDIA_DRIVER_CAPABILITIES: "utility" }, [
        "usr/lib/x86_64-linux-gnu/libcuda.so.1",
        `usr/lib/x86_64-linux-gnu/libcuda.so.${V550}`,
      ]),
    ).toEqual([
      expect.objectContaining({
        status: "error",
        message: expect.stringContaining("no libcuda.so.1: programs cannot use the GPU"),
      }),
    ]);
  });

  test("of another driver than the kernel's", () => {
    const files = { ...whole, ...library("libnvidia-ml", "535.104.05", "usr/local/nvidia/lib64") };
    expect(messages(files)).toEqual([]);
    expect(messages(files, { LD_LIBRARY_PATH: "/usr/local/nvidia/lib64" })).toEqual([
      "libnvidia-ml is of driver 535.104.05, the kernel has 550.54.14: driver/library version mismatch",
    ]);
  });

  test("in folders that may be on a mount are not looked for", () => {
    const files = { ...whole, ...library("libnvidia-ml", "535.104.05", "workspace/lib"), "usr/file": "" };
    expect(messages(files, { LD_LIBRARY_PATH: "/workspace/lib:relative:/usr/file" })).toEqual([]);
  });

  test("of the package for forward compatibility in place of the driver's are no mismatch", () => {
    const compat = "usr/local/cuda/compat";
    const files = {
      ...container("470.82.01"),
      ...library("libcuda", V550, compat),
      [`usr/lib/x86_64-linux-gnu/libcuda.so.${V550}`]: "",
      "usr/lib/x86_64-linux-gnu/libcuda.so.1": `-> libcuda.so.${V550}`,
    };
    expect(look(files, { CUDA_VERSION: "12.4.1" })).toEqual([
      expect.objectContaining({
        status: "ok",
        message: expect.stringContaining("forward compatibility"),
      }),
    ]);
  });

  test("the package is in use by ld.so.conf or LD_LIBRARY_PATH, else not", () => {
    const files = { ...container("470.82.01"), ...library("libcuda", V550, "usr/local/cuda/compat") };
    const statuses = (more: Record<string, string>, env: Record<string, string> = {}) =>
      look({ ...files, ...more }, { CUDA_VERSION: "12.4.1", ...env }).map(({ status }) => status);
    expect(statuses({})).toEqual(["warning"]);
    expect(statuses({ "etc/ld.so.conf.d/00-compat-1.conf": "/usr/local/cuda/compat\n" })).toEqual(["ok"]);
    expect(statuses({}, { LD_LIBRARY_PATH: "/usr/local/cuda/compat:/x" })).toEqual(["ok"]);
  });
});

describe("nodes", () => {
  test("without the control device nothing else is looked at", () => {
    expect(messages(whole, { CUDA_VERSION: "13.0.0" }, ["dev/nvidiactl"])).toEqual([
      "/dev/nvidiactl is not there",
    ]);
  });

  test("without unified memory CUDA cannot start", () => {
    expect(messages(whole, {}, ["dev/nvidia-uvm"])).toEqual([
      "/dev/nvidia-uvm is not there: CUDA cannot start",
    ]);
  });
});

describe("MIG", () => {
  const instance = (gpu: number, gi: number, minor: number) => ({
    [`proc/driver/nvidia/capabilities/gpu${gpu}/mig/gi${gi}/access`]: `DeviceFileMinor: ${minor}\nDeviceFileMode: 292\n`,
  });
  const split = { ...whole, ...instance(0, 1, 12), ...instance(0, 2, 21) };

  test("an instance that was granted is told", () => {
    expect(look({ ...split, "dev/nvidia-caps/nvidia-cap21": "" })).toEqual([
      expect.objectContaining({
        status: "ok",
        message: "MIG: 1 instances; a program sees the first of them",
      }),
    ]);
  });

  test("a split GPU without an instance is of no use", () => {
    expect(look({ ...split, "dev/nvidia-caps/nvidia-cap1": "" })).toEqual([
      expect.objectContaining({ status: "error", message: expect.stringContaining("was given none") }),
    ]);
  });

  test("split GPUs of others do not count", () => {
    expect(look({ ...whole, ...instance(5, 1, 12) })).toEqual([]);
  });
});

describe("WSL2", () => {
  test("with the libraries of Windows", () => {
    expect(look({ "dev/dxg": "", "usr/lib/wsl/lib/libcuda.so.1": "" }, { CUDA_VERSION: "13.0.0" })).toEqual([
      expect.objectContaining({ status: "ok", message: expect.stringContaining("WSL2") }),
    ]);
  });

  test("without them", () => {
    expect(look({ "dev/dxg": "" })).toEqual([expect.objectContaining({ status: "error" })]);
  });
});
