import { expect, test } from "bun:test";
import { Machine } from "../../src/portal/machine/machine.ts";
import { once } from "../../src/portal/machine/once.ts";
import type { Sample } from "../../src/portal/machine/schema.ts";
import { GpuReader } from "../../src/sys/gpus/reader.ts";
import type { Counters } from "../../src/sys/machine/counters.ts";
import { busyGpu, nvmlStandIn, readerProcesses } from "../fixtures/nvml.ts";
import { startPortal, until } from "./_portal.ts";

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
  const machine = new Machine({ counters }, 20);
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
  const machine = new Machine({ counters: () => still }, 5);
  const samples: Sample[] = [];
  const stop = machine.watch((sample) => samples.push(sample));
  await until(() => samples.length >= 5);
  stop();
  expect((await machine.state()).samples.map(({ time }) => time)).toEqual(samples.map(({ time }) => time));
});

test("GPUs are read while somebody watches, with what is wrong, and by nobody afterwards", async () => {
  const nvml = await nvmlStandIn({
    gpus: 2,
    ...busyGpu(0),
    "return.nvmlDeviceGetHandleByIndex_v2.1": 15,
  });
  const machine = new Machine({ counters: () => still, gpus: new GpuReader(nvml) }, 20);
  let last: Sample | undefined;
  const stop = machine.watch((sample) => (last = sample));
  await until(() => last?.gpus.length === 2);
  expect(last?.gpus).toMatchObject([
    { load: 0.35, usedBytes: 20 * 2 ** 30, watts: 350.5, wattsLimit: 700, problem: null },
    { load: null, problem: expect.stringContaining("fallen off its bus") },
  ]);
  expect(readerProcesses(nvml.library)).toHaveLength(1);
  nvml.set({ "return.nvmlDeviceGetCount_v2": 999 });
  await until(() => last?.gpuProblems[0]?.includes("Unknown Error") === true);
  stop();
  await until(() => readerProcesses(nvml.library).length === 0);
});

test("the API shows the machine at once", async () => {
  await using portal = await startPortal();
  const answer = await portal.send("/api/v1/machine", { headers: { Authorization: "Bearer token-one" } });
  const { limits, samples, disks } = (await answer.json()) as Awaited<ReturnType<Machine["state"]>>;
  expect(limits.cpus).toBeGreaterThan(0);
  expect(samples).toHaveLength(1);
  expect(disks.map(({ path }) => path)).toContain("/");
});
