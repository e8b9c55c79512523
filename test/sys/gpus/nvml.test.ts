import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Nvml } from "../../../src/sys/gpus/nvml/library.ts";
import { NvmlSession } from "../../../src/sys/gpus/nvml/session.ts";
import { GpuReader } from "../../../src/sys/gpus/reader.ts";
import type { GpuReport } from "../../../src/sys/gpus/types.ts";
import { busyGpu, type NvmlConfig, type NvmlStandIn, nvmlStandIn } from "../../fixtures/nvml.ts";

let nvml: NvmlStandIn;
let reader: GpuReader;

beforeAll(async () => {
  nvml = await nvmlStandIn();
  reader = new GpuReader({ ...nvml, sick: new Map() });
});
afterAll(() => reader.close());

async function read(lines: NvmlConfig): Promise<GpuReport> {
  nvml.set(lines);
  return await reader.read();
}

describe("GPUs of NVIDIA's", () => {
  test("tell all that there is", async () => {
    const { gpus, ...rest } = await read({ gpus: 2, ...busyGpu(0), "gpu.1.name": "NVIDIA A40" });
    expect(rest).toEqual({ driver: "550.54.14", cuda: "12.4", problems: [] });
    expect(gpus).toHaveLength(2);
    expect(gpus[0]).toEqual({
      index: 0,
      vendor: "nvidia",
      uuid: "GPU-00000000-0000-0000-0000-000000000001",
      pci: "0000:01:00.0",
      name: "NVIDIA H100 80GB HBM3",
      load: 0.35,
      memoryLoad: 0.12,
      usedBytes: 20 * 2 ** 30,
      totalBytes: 80 * 2 ** 30,
      temperature: 61,
      watts: 350.5,
      wattsLimit: 700,
      fan: 0.4,
      clockMHz: 1980,
      memoryClockMHz: 2619,
      encoder: 0.05,
      decoder: 0,
      pcieReadBytes: 2 * 2 ** 20,
      pcieWrittenBytes: 2 ** 20,
      pcieGeneration: 5,
      pcieWidth: 8,
      pcieMaxWidth: 16,
      performanceState: "P0",
      throttle: ["sw_power_cap", "sw_thermal_slowdown"],
      eccCorrected: 3,
      eccUncorrected: 0,
      mig: false,
      xid: null,
      problem: null,
    });
  });

  test("that tell nothing have null for it, and that is no problem", async () => {
    const { gpus, problems } = await read({ "gpu.0.total": 1000 });
    expect(problems).toEqual([]);
    const told = Object.entries(gpus[0] ?? {}).filter(([, value]) => value !== null);
    expect(told.map(([name]) => name).toSorted()).toEqual(
      ["index", "vendor", "uuid", "pci", "name", "usedBytes", "totalBytes", "throttle"].toSorted(),
    );
  });

  test("of an older driver are read by its calls", async () => {
    const old = await nvmlStandIn({ ...busyGpu(0), cuda: 11020 }, { old: true });
    const ownReader = new GpuReader({ ...old, sick: new Map() });
    const { gpus, cuda } = await ownReader.read();
    ownReader.close();
    expect(cuda).toBe("11.2");
    expect(gpus[0]).toMatchObject({
      temperature: 61,
      // This call counts what the driver keeps for itself.
      usedBytes: 20 * 2 ** 30 + 2 ** 29,
      throttle: ["sw_power_cap", "sw_thermal_slowdown"],
    });
  });

  test("with unified memory have that of the machine", async () => {
    mkdirSync(join(nvml.root, "proc"), { recursive: true });
    writeFileSync(
      join(nvml.root, "proc/meminfo"),
      "MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:  400 kB\n",
    );
    const { gpus, problems } = await read({ "gpu.0.name": "NVIDIA GB10", "gpu.0.load": 3 });
    expect(gpus[0]).toMatchObject({ totalBytes: 1000 * 1024, usedBytes: 600 * 1024 });
    expect(problems).toEqual([]);
    // What may not be told is not the same.
    const refused = await read({
      "return.nvmlDeviceGetMemoryInfo_v2": 4,
      "return.nvmlDeviceGetMemoryInfo": 4,
    });
    expect(refused.gpus[0]?.totalBytes).toBeNull();
  });

  test("that are split are told by their instances", async () => {
    const { gpus } = await read({
      ...busyGpu(0),
      "gpu.0.mig": 1,
      "gpu.0.instances": 2,
      "return.nvmlDeviceGetUtilizationRates": 3,
      "gpu.0.1.name": "NVIDIA H100 80GB HBM3 MIG 1g.10gb",
      "gpu.0.1.total": 10 * 2 ** 30,
      "gpu.0.1.used": 2 ** 30,
    });
    expect(gpus.map(({ index, uuid, load }) => ({ index, uuid, load }))).toEqual([
      { index: 0, uuid: "MIG-00000000-0000-0000-0000-000000001001", load: null },
      { index: 0, uuid: "MIG-00000000-0000-0000-0000-000000001002", load: null },
    ]);
    expect(gpus[1]).toMatchObject({
      name: "NVIDIA H100 80GB HBM3 MIG 1g.10gb",
      totalBytes: 10 * 2 ** 30,
      usedBytes: 2 ** 30,
      temperature: 61,
      mig: true,
    });
    // Without a right to one, there is the whole.
    const { gpus: whole } = await read({ ...busyGpu(0), "gpu.0.mig": 1 });
    expect(whole.map(({ mig, uuid }) => ({ mig, uuid }))).toEqual([
      { mig: true, uuid: "GPU-00000000-0000-0000-0000-000000000001" },
    ]);
    // Nor is its memory that of the machine.
    expect((await read({ "gpu.0.mig": 1 })).gpus[0]).toMatchObject({ totalBytes: null });
  });

  test("that were given to others are left out", async () => {
    const { gpus, problems } = await read({ gpus: 3, "return.nvmlDeviceGetHandleByIndex_v2.1": 4 });
    expect(gpus.map(({ index }) => index)).toEqual([0, 2]);
    expect(problems).toEqual([]);
  });
});

describe("each code of NVML is one sentence with what to do", () => {
  const codes: [code: number, message: RegExp][] = [
    [4, /^this user may not use the GPU; run as root/],
    [8, /^a power cable .*; rent another machine/],
    [9, /^the NVIDIA driver of the host does not run; rent another machine/],
    [11, /^interrupts .*; rent another machine/],
    [
      12,
      /^a library .* is not there; docker run --gpus all, with NVIDIA_DRIVER_CAPABILITIES=compute,utility/,
    ],
    [14, /^the infoROM .* corrupted; rent another machine/],
    [15, /^the GPU has fallen off its bus; rent another machine; .*dmesg/],
    [16, /^the GPU needs a reset .*; rent another machine/],
    [
      17,
      /^the device rules .* forbid the GPU, as after "systemctl daemon-reload" on the host; restart the container/,
    ],
    [18, /^driver\/library version mismatch; start a new container/],
    [19, /^the GPU is in use/],
    [27, /^the GPU is not ready yet/],
    [28, /^the NVIDIA driver finds no GPU; docker run --gpus all/],
    [999, /"Unknown Error", as after "systemctl daemon-reload" on the host; restart the container/],
    [77, /error 77 of NVML; rent another machine/],
  ];

  test.each(codes)("%d of the initialization", async (code, message) => {
    // An initialization is done once.
    reader.close();
    const { gpus, problems } = await read({ "return.nvmlInit_v2": code });
    expect(gpus).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(problems[0]).not.toContain("\n");
  });

  test.each(codes.filter(([code]) => code !== 4))("%d of one GPU of two", async (code, message) => {
    const { gpus, problems } = await read({
      gpus: 2,
      "return.nvmlDeviceGetHandleByIndex_v2.1": code,
      ...busyGpu(0),
    });
    expect(problems).toEqual([]);
    expect(gpus.map(({ load, problem }) => ({ load, problem }))).toEqual([
      { load: 0.35, problem: null },
      { load: null, problem: expect.stringMatching(message) },
    ]);
  });

  const calls = Object.entries({
    nvmlDeviceGetUtilizationRates: "load",
    nvmlDeviceGetPowerUsage: "watts",
    nvmlDeviceGetEnforcedPowerLimit: "wattsLimit",
    nvmlDeviceGetFanSpeed: "fan",
    nvmlDeviceGetClockInfo: "clockMHz",
    nvmlDeviceGetEncoderUtilization: "encoder",
    nvmlDeviceGetDecoderUtilization: "decoder",
    nvmlDeviceGetPcieThroughput: "pcieReadBytes",
    nvmlDeviceGetPerformanceState: "performanceState",
    nvmlDeviceGetTotalEccErrors: "eccCorrected",
    nvmlDeviceGetMigMode: "mig",
    nvmlDeviceGetPciInfo_v3: "pci",
  });

  test.each(calls)("%s: not supported, lost", async (call, field) => {
    const unsupported = await read({ ...busyGpu(0), [`return.${call}`]: 3 });
    expect(unsupported.gpus[0]).toMatchObject({ [field]: null, problem: null, temperature: 61 });
    const lost = await read({ ...busyGpu(0), [`return.${call}`]: 15 });
    expect(lost.gpus[0]).toMatchObject({
      [field]: null,
      problem: expect.stringContaining("fallen off its bus"),
    });
  });

  test("a value in ERR! state is told with its name", async () => {
    const { gpus } = await read({ ...busyGpu(0), "return.nvmlDeviceGetFanSpeed": 999 });
    expect(gpus[0]).toMatchObject({ fan: null, load: 0.35 });
    expect(gpus[0]?.problem).toContain('"Unknown Error" for its fan, which nvidia-smi shows as ERR!');
  });

  test("a GPU that is back is asked by a new initialization", async () => {
    expect((await read({ "return.nvmlDeviceGetCount_v2": 15 })).problems).toHaveLength(1);
    expect((await read(busyGpu(0))).gpus).toEqual([expect.objectContaining({ load: 0.35, problem: null })]);
  });
});

test("a library that is not there is told", async () => {
  const ownReader = new GpuReader({ root: nvml.root, library: "/nothing/libnvidia-ml.so.1" });
  const { problems } = await ownReader.read();
  ownReader.close();
  expect(problems).toEqual([
    expect.stringMatching(/^a library of the NVIDIA driver is not there; .*No such file/),
  ]);
});

describe("a driver that answers nonsense", () => {
  test("with more GPUs than there can be is told; no more than 128 are asked", async () => {
    const { gpus, problems } = await read({ gpus: 1_000_000 });
    expect(gpus).toHaveLength(128);
    expect(problems).toEqual([expect.stringMatching(/^the NVIDIA driver counts 1000000 GPUs; /)]);
  });

  test("with more instances than there can be has those that there are", async () => {
    const { gpus, problems } = await read({
      "gpu.0.mig": 1,
      "gpu.0.instances": 2,
      "gpu.0.most_instances": 4_294_967_295,
    });
    expect(problems).toEqual([]);
    expect(gpus.map(({ uuid }) => uuid?.slice(0, 3))).toEqual(["MIG", "MIG"]);
  });

  test("has no control characters in its texts", async () => {
    const { gpus } = await read({ "gpu.0.name": "H100\u001b[2J\u0007" });
    expect(gpus[0]?.name).toBe("H100\ufffd[2J\ufffd");
  });

  test("and prints is heard as if it did not", async () => {
    for (const text of ["[HAMI-core Msg]: Initializing", "{", "1", "null", "[]"]) {
      const report = await read({ ...busyGpu(0), "print.nvmlDeviceGetPowerUsage": text });
      expect(report.problems).toEqual([]);
      expect(report.gpus.map(({ watts }) => watts)).toEqual([350.5]);
    }
  });
});

test("the library is loaded once, however often the driver is asked anew", () => {
  nvml.set(busyGpu(0));
  const sessions = [NvmlSession.open(nvml.library), NvmlSession.open(nvml.library)];
  const libraries = sessions.map((session) => (typeof session === "string" ? session : session.nvml));
  expect(libraries[0]).toBe(libraries[1] as Nvml);
  for (const session of sessions) if (typeof session !== "string") session.close();
});
