import { describe, expect, test } from "bun:test";
import { gpuBars } from "../../src/cli/gpus/bars.ts";
import { gpuTable } from "../../src/cli/gpus/table.ts";
import { emptyReport, type Gpu, type GpuReport, unknownGpu } from "../../src/sys/gpus/types.ts";

const h100: Gpu = {
  ...unknownGpu("nvidia", 0, "NVIDIA H100 80GB HBM3"),
  load: 0.35,
  usedBytes: 20 * 2 ** 30,
  totalBytes: 80 * 2 ** 30,
  temperature: 61,
  watts: 350.5,
  wattsLimit: 700,
  fan: 0.4,
  clockMHz: 1980,
  pcieGeneration: 5,
  pcieWidth: 8,
  pcieMaxWidth: 16,
  performanceState: "P0",
  throttle: ["sw_power_cap", "hw_thermal_slowdown"],
};
const lost: Gpu = {
  ...unknownGpu("nvidia", 1, "GPU 1"),
  problem: "the GPU has fallen off its bus; rent another machine",
};
const report: GpuReport = { gpus: [h100, lost], driver: "550.54.14", cuda: "12.4", problems: [] };

describe("the table of GPUs", () => {
  test("has what most people ask, and what is wrong below its GPU", () => {
    expect(gpuTable(report, 80)).toEqual([
      "NVIDIA driver 550.54.14, CUDA 12.4",
      "GPU  NAME                   LOAD   MEMORY           TEMP   POWER",
      "0    NVIDIA H100 80GB HBM3   35 %  20.0 / 80.0 GiB  61 °C  351 / 700 W",
      "     held back by its power limit, heat, by the hardware",
      "1    GPU 1                  –      –                –      –",
      "     the GPU has fallen off its bus; rent another machine",
    ]);
  });

  test("has more where there is room, and without a terminal", () => {
    for (const columns of [140, Number.POSITIVE_INFINITY]) {
      const [, head = "", row = ""] = gpuTable(report, columns);
      expect(head).toEndWith("CLOCK     FAN    PCIE           STATE");
      expect(row).toEndWith("1980 MHz   40 %  5.0 ×8 of ×16  P0");
    }
  });

  test("cuts names that are too long in their middle", () => {
    const name = "NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition MIG 1g.24gb";
    const lines = gpuTable({ ...report, gpus: [{ ...h100, name }] }, 80);
    expect(lines[2]).toContain("…");
    expect(lines[2]).toContain("1g.24gb");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("names the vendor where there are several, and what is wrong with the driver", () => {
    const amd = unknownGpu("amd", 0, "AMD GPU");
    const lines = gpuTable(
      { ...emptyReport(), gpus: [h100, amd], problems: ["the driver does not answer"] },
      80,
    );
    expect(lines[0]).toBe("the driver does not answer");
    expect(lines.slice(2).map((line) => line.slice(0, 8))).toEqual(["nvidia 0", "     hel", "amd 0   "]);
  });
});

describe("bars", () => {
  test.each([40, 60, 80, 100, 140, 200])("fit %d columns", (columns) => {
    const lines = gpuBars(
      { ...report, problems: ["what is wrong is told in a line that has to be broken"] },
      columns,
    );
    const most = Math.max(columns, 60);
    expect(Math.max(...lines.map((line) => Bun.stringWidth(line)))).toBeLessThanOrEqual(most);
  });

  test("show what part is filled", () => {
    const line = gpuBars(report, 80).find((text) => text.includes("load")) ?? "";
    const [load = "", memory = ""] = line.match(/[━─]+/g) ?? [];
    const part = (bar: string) => bar.replaceAll("─", "").length / bar.length;
    expect(part(load)).toBeCloseTo(0.35, 1);
    expect(part(memory)).toBeCloseTo(0.25, 1);
    expect(line).toContain("35 %");
    expect(line).toContain("20.0 / 80.0 GiB");
  });
});
