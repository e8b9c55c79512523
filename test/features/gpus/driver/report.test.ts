import { expect, test } from "bun:test";
import { judgeReport } from "../../../../src/features/gpus/driver/report.ts";
import { emptyReport, unknownGpu } from "../../../../src/sys/gpus/types.ts";

const gpu = (index: number) => ({
  ...unknownGpu("nvidia", index, "NVIDIA A40"),
  uuid: `GPU-${index}`,
  pcieWidth: 16,
  pcieMaxWidth: 16,
});

test("GPUs that are well are one line", () => {
  const { driver, gpus } = judgeReport({
    ...emptyReport(),
    driver: "550.54.14",
    cuda: "12.4",
    gpus: [
      gpu(0),
      { ...gpu(1), throttle: ["sw_power_cap"], eccUncorrected: 0 },
      unknownGpu("amd", 0, "other"),
    ],
  });
  expect(driver).toEqual([]);
  expect(gpus).toEqual([
    { name: "gpu", status: "ok", message: "2 × NVIDIA A40, driver 550.54.14, CUDA 12.4" },
  ]);
});

test("what is wrong with one is told with its number", () => {
  const { gpus } = judgeReport({
    ...emptyReport(),
    gpus: [
      { ...gpu(0), throttle: ["sw_power_cap", "hw_thermal_slowdown"], eccUncorrected: 2, pcieWidth: 4 },
      { ...gpu(1), problem: "the GPU has fallen off its bus; rent another machine; or reboot" },
    ],
  });
  expect(gpus.slice(1)).toEqual([
    expect.objectContaining({ status: "warning", message: "GPU 0: the hardware halves its clock, for heat" }),
    expect.objectContaining({
      status: "warning",
      message: expect.stringContaining("GPU 0: 2 errors of memory"),
    }),
    expect.objectContaining({ status: "warning", message: expect.stringContaining("4 of 16 lanes") }),
    {
      name: "gpu",
      status: "error",
      message: "GPU 1: the GPU has fallen off its bus",
      fix: "rent another machine; or reboot",
    },
  ]);
});

test("what is wrong with the driver is told with what to do", () => {
  const { driver, gpus } = judgeReport({ ...emptyReport(), problems: ["the driver is old; rent a new one"] });
  expect(gpus).toEqual([]);
  expect(driver).toEqual([
    { name: "gpu", status: "error", message: "the driver is old", fix: "rent a new one" },
  ]);
});
