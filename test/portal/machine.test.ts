import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { amdGpus, parseNvidia } from "../../src/portal/machine/gpus.ts";
import { Machine } from "../../src/portal/machine/machine.ts";
import { once } from "../../src/portal/machine/once.ts";
import type { Sample } from "../../src/portal/machine/schema.ts";
import type { Counters } from "../../src/sys/machine/counters.ts";
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
