import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Counters, readCounters, readLimits } from "../../src/portal/machine/counters.ts";
import { Disks } from "../../src/portal/machine/disks.ts";
import { amdGpus, parseNvidia } from "../../src/portal/machine/gpus.ts";
import { Machine } from "../../src/portal/machine/machine.ts";
import { once } from "../../src/portal/machine/once.ts";
import type { Sample } from "../../src/portal/machine/schema.ts";
import { startPortal, until } from "./_portal.ts";

/** Files as the kernel would show them. */
function files(contents: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "kernel-"));
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const proc = {
  "proc/net/dev":
    "Inter-|   Receive\n face |bytes\n    lo: 999 0 0 0 0 0 0 0 999 0\n  eth0: 100 0 0 0 0 0 0 0 20 0\n  eth1:1 0 0 0 0 0 0 0 2 0\n",
  "proc/meminfo": "MemTotal:       8192 kB\nMemFree: 1 kB\nMemAvailable:   2048 kB\n",
  "proc/stat": "cpu  100 50 50 9999 7 1 1 0 0 0\ncpu0 1 1 1 1\n",
};

describe("counters of the kernel", () => {
  test("control group 2", () => {
    const root = files({
      ...proc,
      "cgroup/cpu.stat": "usage_usec 2500000\nuser_usec 1\n",
      "cgroup/cpu.max": "50000 100000\n",
      "cgroup/memory.current": "5000\n",
      "cgroup/memory.max": "1048576\n",
      "cgroup/memory.stat": "anon 1\ninactive_file 2000\n",
      "cgroup/io.stat": "8:0 rbytes=10 wbytes=5 rios=1\n8:16 rbytes=1 wbytes=2 rios=1\n",
    });
    const roots = { cgroup: join(root, "cgroup"), proc: join(root, "proc") };
    expect(readCounters(roots)).toEqual({
      cpuSeconds: 2.5,
      memoryBytes: 3000,
      readBytes: 11,
      writtenBytes: 7,
      receivedBytes: 101,
      sentBytes: 22,
    });
    expect(readLimits(roots)).toEqual({ cpus: 0.5, memoryBytes: 1048576 });
  });

  test("control group 1", () => {
    const root = files({
      ...proc,
      "cgroup/cpuacct/cpuacct.usage": "1500000000\n",
      "cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "cgroup/cpu/cpu.cfs_period_us": "100000\n",
      "cgroup/memory/memory.usage_in_bytes": "5000\n",
      "cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "cgroup/memory/memory.stat": "total_inactive_file 1000\n",
      "cgroup/blkio/blkio.throttle.io_service_bytes": "8:0 Read 10\n8:0 Write 5\n8:0 Total 15\nTotal 15\n",
    });
    const roots = { cgroup: join(root, "cgroup"), proc: join(root, "proc") };
    expect(readCounters(roots)).toMatchObject({
      cpuSeconds: 1.5,
      memoryBytes: 4000,
      readBytes: 10,
      writtenBytes: 5,
    });
    expect(readLimits(roots)).toEqual({ cpus: navigator.hardwareConcurrency, memoryBytes: 8192 * 1024 });
  });

  test("no control group: the machine's own", () => {
    const root = files(proc);
    const roots = { cgroup: join(root, "nothing"), proc: join(root, "proc") };
    expect(readCounters(roots)).toMatchObject({ cpuSeconds: 2.02, memoryBytes: 6144 * 1024, readBytes: 0 });
  });

  test("of this very container they are there", () => {
    const { cpuSeconds, memoryBytes } = readCounters();
    expect(cpuSeconds).toBeGreaterThan(0);
    expect(memoryBytes).toBeGreaterThan(0);
  });
});

describe("GPUs", () => {
  test("what nvidia-smi prints, and does not know", () => {
    const text =
      "NVIDIA H100 80GB HBM3, 35, 1024, 81559, 41, 120.50\nNVIDIA GB10, [N/A], [N/A], [N/A], 40, [N/A]\n";
    expect(parseNvidia(text)).toEqual([
      {
        name: "NVIDIA H100 80GB HBM3",
        load: 0.35,
        usedBytes: 2 ** 30,
        totalBytes: 81559 * 2 ** 20,
        temperature: 41,
        watts: 120.5,
      },
      { name: "NVIDIA GB10", load: null, usedBytes: null, totalBytes: null, temperature: 40, watts: null },
    ]);
  });

  test("AMD's, but for cards of the host that this container does not have", () => {
    const card = (node: string) => ({
      [`device/drm/${node}/x`]: "",
      "device/gpu_busy_percent": "50\n",
      "device/mem_info_vram_used": "1000\n",
      "device/mem_info_vram_total": "2000\n",
      "device/hwmon/hwmon3/temp1_input": "45000\n",
      "device/hwmon/hwmon3/power1_average": "90000000\n",
    });
    const under = (prefix: string, contents: Record<string, string>) =>
      Object.fromEntries(Object.entries(contents).map(([path, text]) => [`${prefix}/${path}`, text]));
    const root = files({
      ...under("drm/card0", card("renderD128")),
      ...under("drm/card1", card("renderD129")),
      "dri/renderD129": "",
    });
    expect(amdGpus(join(root, "drm"), join(root, "dri"))).toEqual([
      { name: "AMD GPU", load: 0.5, usedBytes: 1000, totalBytes: 2000, temperature: 45, watts: 90 },
    ]);
  });
});

test("disks: one for each file system, and none for what is not there", async () => {
  const folder = mkdtempSync(join(tmpdir(), "disks-"));
  const disks = await new Disks().look([folder, `${folder}/..`, "/proc/nothing"]);
  expect(disks.map(({ path }) => path)).toEqual([folder]);
  expect(disks[0]?.totalBytes).toBeGreaterThan(0);
});

const still: Counters = {
  cpuSeconds: 0,
  memoryBytes: 7,
  readBytes: 0,
  writtenBytes: 0,
  receivedBytes: 0,
  sentBytes: 0,
};

test("rates are of the time that has passed; nothing is read while nobody watches", async () => {
  let reads = 0;
  const counters = () => ({
    ...still,
    cpuSeconds: performance.now() / 500,
    sentBytes: 0,
    readBytes: -++reads,
  });
  const machine = new Machine({ counters, gpus: async () => [] }, 20);
  expect(reads).toBe(0);
  const { cpus, read, memoryBytes } = await once(machine);
  expect(cpus).toBeCloseTo(2, 0);
  // A counter that goes back, as after a device has gone, is no negative rate.
  expect([read, memoryBytes]).toEqual([0, 7]);
  const before = reads;
  await Bun.sleep(100);
  expect(reads).toBe(before);
});

test("the samples of others are kept for who comes later, ten minutes at most", async () => {
  const machine = new Machine({ counters: () => still, gpus: async () => [] }, 5);
  const samples: Sample[] = [];
  const stop = machine.watch((sample) => samples.push(sample));
  await until(() => samples.length >= 5);
  stop();
  expect((await machine.state()).samples.map(({ time }) => time)).toEqual(samples.map(({ time }) => time));
});

test("the API shows the machine at once", async () => {
  await using portal = await startPortal();
  const answer = await portal.send("/api/v1/machine", { headers: { Authorization: "Bearer token-one" } });
  const { limits, samples, disks } = (await answer.json()) as Awaited<ReturnType<Machine["state"]>>;
  expect(limits.cpus).toBeGreaterThan(0);
  expect(samples).toHaveLength(1);
  expect(disks.map(({ path }) => path)).toContain("/");
});
