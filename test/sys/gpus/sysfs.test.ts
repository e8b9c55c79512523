import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GpuReader } from "../../../src/sys/gpus/reader.ts";
import { Cards } from "../../../src/sys/gpus/sysfs/cards.ts";
import { arc, card, kernelTree, olderArc, radeon } from "../../fixtures/sysfs-gpus.ts";

const CARDS = join(import.meta.dir, "../../../src/sys/gpus/sysfs/cards.ts");
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

  test("Intel's: power is energy between two looks", async () => {
    const root = kernelTree({ ...card(0, "xe", arc), ...card(1, "i915", olderArc) });
    const cards = new Cards(root);
    expect(cards.read()).toMatchObject([
      { vendor: "intel", name: "Intel GPU e20b", temperature: 52, watts: 0, wattsLimit: 190, clockMHz: 2850 },
      { vendor: "intel", name: "Intel GPU 56a0", temperature: null, watts: null, clockMHz: 2400 },
    ]);
    const begun = performance.now();
    await Bun.sleep(100);
    writeFileSync(join(root, "sys/class/drm/card0/device/hwmon/hwmon5/energy1_input"), "11000000\n");
    const [gpu] = cards.read();
    expect(gpu?.watts).toBeLessThanOrEqual(10 / 0.1);
    expect(gpu?.watts).toBeGreaterThanOrEqual(10_000 / (performance.now() - begun + 50));
  });
});

describe("load of Intel's GPUs is the work of the processes that may be looked at", () => {
  /** Processes as /proc shows them, each with a render node open. */
  const process = (pid: number, lines: string[]) => ({
    [`proc/${pid}/fd/4`]: "-> /dev/dri/renderD128",
    [`proc/${pid}/fd/5`]: "-> /dev/null",
    [`proc/${pid}/fdinfo/4`]: [
      "pos:\t0",
      `drm-client-id:\t${pid}`,
      "drm-pdev:\t0000:00:00.0",
      ...lines,
      "",
    ].join("\n"),
  });

  test("xe counts cycles: those of all clients of the busiest engine", () => {
    const client = (busy: number, total: number) => [
      `drm-cycles-rcs:\t${busy}`,
      `drm-total-cycles-rcs:\t${total}`,
      "drm-cycles-bcs:\t1",
      `drm-total-cycles-bcs:\t${total}`,
    ];
    const root = kernelTree({
      ...card(0, "xe", arc),
      ...process(10, client(100, 1000)),
      ...process(11, client(200, 1000)),
    });
    const cards = new Cards(root);
    expect(cards.read()[0]?.load).toBe(0);
    const later = { ...process(10, client(600, 3000)), ...process(11, client(500, 3000)) };
    for (const [name, text] of Object.entries(later))
      if (name.includes("fdinfo")) writeFileSync(join(root, name), text);
    expect(cards.read()[0]?.load).toBeCloseTo(0.4);
  });

  test("i915 counts nanoseconds", async () => {
    const client = (busy: number) => [`drm-engine-render:\t${busy} ns`, "drm-engine-capacity-video:\t2"];
    const root = kernelTree({ ...card(0, "i915", olderArc), ...process(10, client(1000)) });
    const cards = new Cards(root);
    expect(cards.read()[0]?.load).toBe(0);
    const begun = performance.now();
    await Bun.sleep(50);
    writeFileSync(
      join(root, "proc/10/fdinfo/4"),
      process(10, client(20_000_000 + 1000))["proc/10/fdinfo/4"] ?? "",
    );
    const load = cards.read()[0]?.load;
    expect(load).toBeLessThanOrEqual(20 / 50);
    expect(load).toBeGreaterThanOrEqual(20 / (performance.now() - begun + 50));
  });

  test("a node that is gone by the time it is looked at is nobody's", () => {
    const root = kernelTree({
      ...card(0, "xe", arc),
      ...process(10, []),
      "dev/dri/renderD200": "-> nowhere",
    });
    expect(new Cards(root).read()[0]?.load).toBe(0);
  });

  const isRoot = globalThis.process.getuid?.() === 0;
  test.skipIf(!isRoot)("of processes of others that may use the GPU there is none: nobody says 0", () => {
    const status = "Name:\tx\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\nGroups:\t27\n";
    const root = kernelTree({ ...card(0, "xe", arc), ...process(10, []), "proc/10/status": status });
    chmodSync(root, 0o755);
    chmodSync(join(root, "proc/10/fd"), 0o700);
    const asNobody = () => {
      const script = `import { Cards } from ${JSON.stringify(CARDS)};
        console.log(JSON.stringify(new Cards(${JSON.stringify(root)}).read()[0]?.load));`;
      const words = ["setpriv", "--reuid=65534", "--clear-groups", globalThis.process.execPath, "-e", script];
      return Bun.spawnSync(words, { cwd: "/" }).stdout.toString().trim();
    };
    const node = join(root, "dev/dri/renderD128");
    chmodSync(node, 0o666);
    expect(asNobody()).toBe("null");
    chmodSync(node, 0o660);
    expect(asNobody()).toBe("0");
    chownSync(node, 0, 27);
    expect(asNobody()).toBe("null");
  });
});
