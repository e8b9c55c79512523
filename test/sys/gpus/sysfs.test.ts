import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { GpuReader } from "../../../src/sys/gpus/reader.ts";
import { Cards } from "../../../src/sys/gpus/sysfs/cards.ts";
import { arc, card, kernelTree, olderArc, radeon } from "../../fixtures/sysfs-gpus.ts";

const NAMES =
  "# List of AMDGPU IDs\n1.0.0\n744C,\tC8,\tAMD Radeon RX 7900 XTX\n744C,\tCC,\tAMD Radeon RX 7900 GRE\n";

describe("GPUs by the files of the kernel", () => {
  test("AMD's tell what amdgpu knows, by the process that reads", async () => {
    const root = kernelTree({ ...card(1, "amdgpu", radeon), "usr/share/libdrm/amdgpu.ids": NAMES });
    const reader = new GpuReader({ root });
    const { gpus, ...rest } = await reader.read();
    reader.close();
    expect(rest).toEqual({ driver: null, cuda: null, problems: [] });
    expect(gpus).toEqual([
      {
        index: 0,
        vendor: "amd",
        uuid: "GPU-9f8e7d6c5b4a3210",
        pci: "0000:01:00.0",
        name: "AMD Radeon RX 7900 XTX",
        load: 0.5,
        memoryLoad: 0.07,
        usedBytes: 2 ** 30,
        totalBytes: 25753026560,
        temperature: 45,
        watts: 90,
        wattsLimit: 339,
        fan: 0.2,
        clockMHz: 2304,
        memoryClockMHz: 1249,
        encoder: null,
        decoder: null,
        pcieReadBytes: null,
        pcieWrittenBytes: null,
        pcieGeneration: 4,
        pcieWidth: 16,
        pcieMaxWidth: 16,
        performanceState: null,
        throttle: [],
        eccCorrected: 6,
        eccUncorrected: 1,
        mig: null,
        xid: null,
        problem: null,
      },
    ]);
  });

  test("cards of the host that this container was not given, and those of other makers, are left out", () => {
    const root = kernelTree({
      ...card(0, "ast", { "device/vendor": "0x1a03\n" }),
      ...card(1, "amdgpu", radeon, false),
      ...card(2, "amdgpu", { ...radeon, "device/product_name": "Instinct MI210\n" }),
      ...card(10, "amdgpu", {}),
    });
    expect(new Cards(root).read().map(({ index, name, pci, load }) => ({ index, name, pci, load }))).toEqual([
      { index: 0, name: "Instinct MI210", pci: "0000:02:00.0", load: 0.5 },
      { index: 1, name: "AMD GPU", pci: "0000:010:00.0", load: null },
    ]);
  });

  test("newer files of amdgpu", () => {
    const root = kernelTree(
      card(0, "amdgpu", {
        "device/device": "0x74a1\n",
        "device/hwmon/hwmon0/temp2_input": "41000\n",
        "device/hwmon/hwmon0/temp2_label": "junction\n",
        "device/hwmon/hwmon0/power1_input": "120000000\n",
        "device/hwmon/hwmon0/freq1_input": "132000000\n",
        "device/hwmon/hwmon0/fan1_input": "500\n",
        "device/hwmon/hwmon0/fan1_max": "2000\n",
        "device/current_link_speed": "32.0 GT/s PCIe\n",
      }),
    );
    expect(new Cards(root).read()[0]).toMatchObject({
      name: "AMD GPU 74a1",
      temperature: 41,
      watts: 120,
      clockMHz: 132,
      fan: 0.25,
      pcieGeneration: 5,
    });
  });

  test("Intel's tell no load; power is energy between two looks", async () => {
    const root = kernelTree({ ...card(0, "xe", arc), ...card(1, "i915", olderArc) });
    const cards = new Cards(root);
    expect(cards.read()).toMatchObject([
      {
        vendor: "intel",
        name: "Intel GPU e20b",
        load: null,
        temperature: 52,
        watts: null,
        wattsLimit: 190,
        clockMHz: 2850,
      },
      { vendor: "intel", name: "Intel GPU 56a0", load: null, temperature: null, clockMHz: 2400 },
    ]);
    const begun = performance.now();
    await Bun.sleep(100);
    writeFileSync(join(root, "sys/class/drm/card0/device/hwmon/hwmon5/energy1_input"), "11000000\n");
    const [gpu] = cards.read();
    const most = 10 / 0.1;
    const least = (10 * 1000) / (performance.now() - begun + 50);
    expect(gpu?.watts).toBeLessThanOrEqual(most);
    expect(gpu?.watts).toBeGreaterThanOrEqual(least);
  });
});
