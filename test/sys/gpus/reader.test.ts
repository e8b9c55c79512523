import { afterEach, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GpuReader, type GpuReaderOptions } from "../../../src/sys/gpus/reader.ts";
import type { SickGpus } from "../../../src/sys/gpus/sick.ts";
import type { Gpu } from "../../../src/sys/gpus/types.ts";
import { canHang, hungFolder } from "../../fixtures/hung-folder.ts";
import { busyGpu, type NvmlStandIn, nvmlStandIn, readerProcesses } from "../../fixtures/nvml.ts";
import { until } from "../../portal/_portal.ts";

/** What silence of a driver a test waits for: a busy machine may be silent, too. */
const PATIENCE = 2000;

let nvml: NvmlStandIn;
const readers: GpuReader[] = [];

beforeAll(async () => {
  nvml = await nvmlStandIn();
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  await until(() => processes().length === 0);
});

function readerWith(options: GpuReaderOptions = {}): GpuReader {
  const reader = new GpuReader({ root: nvml.root, library: nvml.library, sick: new Map(), ...options });
  readers.push(reader);
  return reader;
}

const processes = () => readerProcesses(nvml.library);

const shown = (gpus: Gpu[]) => gpus.map(({ index, load, problem }) => ({ index, load, problem }));

const two = { gpus: 2, ...busyGpu(0), ...busyGpu(1) };

describe("a driver that does not answer", () => {
  test("holds up nobody: the others are told, and who does not answer", async () => {
    nvml.set({ ...two, ...busyGpu(2), gpus: 3, "wait.nvmlDeviceGetPowerUsage.1": "forever" });
    const sick: SickGpus = new Map();
    const reader = readerWith({ patienceMilliseconds: PATIENCE, pauseMilliseconds: 60_000, sick });
    let turns = 0;
    const turning = setInterval(() => turns++, 10);
    const { gpus, problems, driver } = await reader.read();
    clearInterval(turning);
    expect(turns).toBeGreaterThan(10);
    expect(driver).toBe("550.54.14");
    expect(problems).toEqual([]);
    const expected = [
      { index: 0, load: 0.35, problem: null },
      {
        index: 1,
        load: null,
        problem: expect.stringMatching(/^GPU 1 does not answer; rent another machine/),
      },
      { index: 2, load: 0.35, problem: null },
    ];
    expect(shown(gpus)).toEqual(expected);
    // Until the pause is over nobody asks that GPU; the others are.
    const before = processes();
    expect(before).toHaveLength(1);
    expect(shown((await reader.read()).gpus)).toEqual(expected);
    expect(processes()).toEqual(before);
    // Nor does another reader of this process.
    const other = readerWith({ patienceMilliseconds: 60_000, sick });
    expect(shown((await other.read()).gpus)).toEqual(expected);
  });

  test("at its initialization is told as the driver", async () => {
    nvml.set({ ...two, "wait.nvmlInit_v2": "forever" });
    const { gpus, problems } = await readerWith({ patienceMilliseconds: PATIENCE }).read();
    expect(gpus).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(/^the NVIDIA driver does not answer; rent/)]);
  });

  test("and answers later is asked again after the pause", async () => {
    nvml.set({ ...two, "wait.nvmlDeviceGetName": "forever" });
    const reader = readerWith({ patienceMilliseconds: PATIENCE, pauseMilliseconds: 100 });
    expect((await reader.read()).gpus.map(({ load }) => load)).toEqual([null, null]);
    nvml.set(two);
    await until(async () => (await reader.read()).gpus.every(({ problem }) => problem === null));
    expect((await reader.read()).gpus.map(({ load }) => load)).toEqual([0.35, 0.35]);
  });

  test("but only slowly is waited for: what counts is silence", async () => {
    nvml.set({ ...two, gpus: 4, "wait.nvmlDeviceGetName": 0.6 * PATIENCE });
    const { gpus, problems } = await readerWith({ patienceMilliseconds: PATIENCE }).read();
    expect(problems).toEqual([]);
    expect(gpus).toHaveLength(4);
  });
});

const isHeld = (pid: number) => /^State:\s+D/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));

test.skipIf(!canHang)(
  "a process that the kernel does not let go is told, and one more reads the others",
  async () => {
    await using hung = await hungFolder();
    nvml.set({ ...two, "open.nvmlDeviceGetPowerUsage.1": join(hung.folder, "file") });
    const reader = readerWith({ patienceMilliseconds: PATIENCE, pauseMilliseconds: 1 });
    const { gpus, problems } = await reader.read();
    const held = processes().find((pid) => isHeld(pid)) ?? 0;
    const problem = new RegExp(`^GPU 1 does not answer; .* \\(process ${held} hangs in the kernel\\)$`);
    const expected = [
      { index: 0, load: 0.35, problem: null },
      { index: 1, load: null, problem: expect.stringMatching(problem) },
    ];
    expect(problems).toEqual([]);
    expect(shown(gpus)).toEqual(expected);
    const both = processes();
    expect(both).toHaveLength(2);
    for (let time = 0; time < 5; time++) {
      await Bun.sleep(20);
      expect(shown((await reader.read()).gpus)).toEqual(expected);
      expect(processes()).toEqual(both);
    }
    nvml.set(two);
    await hung.end();
    await until(async () => (await reader.read()).gpus.every((gpu) => gpu.problem === null));
  },
);

test.skipIf(!canHang)(
  "processes that the kernel does not let go do not pile up, whoever has left them",
  async () => {
    await using hung = await hungFolder();
    nvml.set({ ...two, "open.nvmlInit_v2": join(hung.folder, "file") });
    // As of commands that each read once.
    const once = async () =>
      await readerWith({ patienceMilliseconds: PATIENCE, pauseMilliseconds: 1 }).read();
    await Promise.all(Array.from({ length: 8 }, once));
    const held = processes();
    expect(held).toHaveLength(8);
    for (let time = 0; time < 3; time++) {
      const { problems } = await once();
      expect(problems).toEqual([
        expect.stringMatching(
          /^8 processes that read GPUs hang in the kernel \(\d+(, \d+){7}\); rent another/,
        ),
      ]);
      expect(processes()).toEqual(held);
    }
    nvml.set(two);
    await hung.end();
    await until(() => processes().length === 0);
    expect((await once()).problems).toEqual([]);
  },
);

describe("the process", () => {
  test("is one for all who ask at once, and for the next question", async () => {
    nvml.set(two);
    const reader = readerWith();
    const [one, other] = await Promise.all([reader.read(), reader.read()]);
    expect(one).toBe(other);
    const before = processes();
    expect(before).toHaveLength(1);
    await reader.read();
    expect(processes()).toEqual(before);
    reader.close();
    await until(() => processes().length === 0);
    // And another one after that.
    expect((await reader.read()).gpus).toHaveLength(2);
    reader.close();
  });

  test("ends once nobody has asked for a while", async () => {
    nvml.set(two);
    await readerWith({ lingerMilliseconds: 100 }).read();
    await until(() => processes().length === 0);
  });

  test("ends soon for who leaves, after the answer on its way, but not while others ask", async () => {
    nvml.set({ ...two, "wait.nvmlDeviceGetName": 100 });
    const reader = readerWith();
    const answer = reader.read();
    reader.closeSoon();
    expect((await answer).gpus).toHaveLength(2);
    const before = processes();
    expect(before).toHaveLength(1);
    // Somebody else.
    await reader.read();
    await Bun.sleep(1500);
    expect(processes()).toEqual(before);
    reader.closeSoon();
    await until(() => processes().length === 0);
  });

  test("that was killed is told, and asked again after the pause", async () => {
    nvml.set(two);
    const reader = readerWith({ pauseMilliseconds: 200 });
    await reader.read();
    for (const pid of processes()) process.kill(pid, "SIGKILL");
    const { problems } = await reader.read();
    expect(problems).toEqual([expect.stringContaining("the process that reads the GPUs ended with SIGKILL")]);
    await until(async () => (await reader.read()).problems.length === 0);
    reader.close();
  });

  test("in which the driver crashes is told with the GPU", async () => {
    nvml.set({ ...two, "crash.nvmlDeviceGetFanSpeed.1": 1 });
    const { gpus, problems } = await readerWith().read();
    expect(problems).toEqual([]);
    expect(gpus.map(({ problem }) => problem)).toEqual([
      null,
      expect.stringMatching(/ended with (SIG[A-Z]+|exit code 1\d\d) while GPU 1 was asked/),
    ]);
  });

  test("ends with who has started it, even while the driver holds it", async () => {
    nvml.set({ ...two, "wait.nvmlInit_v2": "forever" });
    const script = `import { GpuReader } from ${JSON.stringify(join(import.meta.dir, "../../../src/sys/gpus/reader.ts"))};
      await new GpuReader(${JSON.stringify({ root: nvml.root, library: nvml.library })}).read();`;
    const parent = Bun.spawn([process.execPath, "-e", script], { stdout: "ignore", stderr: "ignore" });
    await until(() => processes().length === 1);
    // Its library is loaded, so that it is about to hang.
    await until(() => {
      const [pid] = processes();
      return readFileSync(`/proc/${pid}/maps`, "latin1").includes(nvml.library);
    });
    parent.kill("SIGKILL");
    await until(() => processes().length === 0);
  });

  test("is killed while the driver holds it, and nobody waits for it", async () => {
    nvml.set({ ...two, "wait.nvmlDeviceGetFanSpeed": "forever" });
    const reader = readerWith();
    const answer = reader.read();
    await until(() => processes().length === 1);
    reader.close();
    expect((await answer).problems).toEqual([]);
    await until(() => processes().length === 0);
  });

  test("that was killed for its silence has no successor once nobody wants the answer", async () => {
    nvml.set({ ...two, "wait.nvmlDeviceGetFanSpeed": "forever" });
    const sick: SickGpus = new Map();
    const reader = readerWith({ patienceMilliseconds: PATIENCE, sick });
    const answer = reader.read();
    await until(() => processes().length === 1);
    // As if the limit of who asks were over at the very moment.
    const set = sick.set.bind(sick);
    sick.set = (asked, sickness) => {
      reader.close();
      return set(asked, sickness);
    };
    expect((await answer).gpus).toHaveLength(1);
    expect([...sick.keys()]).toEqual([0]);
    expect(processes()).toEqual([]);
  });

  test("is not started where there is no GPU", async () => {
    nvml.set(two);
    const reader = readerWith({ root: mkdtempSync(join(tmpdir(), "no-gpu-")) });
    expect(await reader.read()).toEqual({ gpus: [], driver: null, cuda: null, problems: [] });
    expect(processes()).toEqual([]);
  });
});
