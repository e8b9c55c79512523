import { describe, expect, test } from "bun:test";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GpuReport } from "../../src/sys/gpus/types.ts";
import { busyGpu, compileNvml, configText, type NvmlConfig } from "../fixtures/nvml.ts";
import { boot, type BootOptions, type Container, tempFolder, Terminal, waitFor } from "./harness.ts";

const TOKEN = "s3cret-token";
/** Nodes that can be opened stand in for NVIDIA's. */
const devices = ["nvidiactl", "nvidia0", "nvidia1", "nvidia-uvm"].map((name) => `/dev/null:/dev/${name}`);
const LIBRARIES = "/usr/lib/x86_64-linux-gnu";

/** A container with two GPUs by a stand-in for NVIDIA's library. */
async function withGpus(lines: NvmlConfig, options: BootOptions = {}) {
  const folder = tempFolder();
  const [library, config] = [join(folder, "library.so"), join(folder, "config")];
  await compileNvml(library, "/nvml/config");
  writeFileSync(config, configText({ gpus: 2, ...lines }));
  const container = await boot({
    devices,
    files: { [`${LIBRARIES}/libcuda.so.1`]: "" },
    ...options,
    mounts: [`${folder}:/nvml:ro`, `${library}:${LIBRARIES}/libnvidia-ml.so.1:ro`],
  });
  return {
    container,
    set: (own: NvmlConfig) => writeFileSync(config, configText({ gpus: 2, ...own })),
    xid: (gpu: number, code: number) => appendFileSync(config, `event=${gpu} ${code}\n`),
    [Symbol.asyncDispose]: () => container[Symbol.asyncDispose](),
  };
}

const two = {
  ...busyGpu(0),
  ...busyGpu(1),
  "gpu.1.load": 3,
  "gpu.1.used": 2 ** 30,
  "gpu.1.reasons": 1,
  "gpu.1.width": 16,
};

/** Their arguments. */
const readers = async (container: Container) =>
  (await container.sh("ps axo args")).split("\n").filter((line) => line.includes("ai-dock gpu-reader"));

/** Until the process waits for events. */
const untilWatched = (container: Container) =>
  waitFor(
    async () =>
      (
        await container.sh(
          "grep -l -z -- --events /proc/[0-9]*/cmdline 2>/dev/null | while read -r f; do cat ${f%cmdline}wchan; done || true",
        )
      ).includes("nanosleep"),
    {
      what: "somebody to wait for events of the GPUs",
    },
  );

async function gpus(container: Container): Promise<GpuReport> {
  return JSON.parse((await container.exec(["ai-dock", "gpus", "--json"])).stdout) as GpuReport;
}

describe("a container with GPUs of NVIDIA's", () => {
  test.concurrent("shows what they do, to users and the portal, and tells their errors", async () => {
    await using world = await withGpus(two, {
      env: { WEB_TOKEN: TOKEN, AI_DOCK_PORTAL: "true", GPU_COUNT: "1", GPU_COUNT_POLICY: "free" },
    });
    const { container, set, xid } = world;
    await container.waitReady();
    const shown = await container.exec(["ai-dock", "gpus"]);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain("NVIDIA driver 550.54.14, CUDA 12.4");
    expect(shown.stdout).toMatch(/^0 +NVIDIA H100 80GB HBM3 +35 % +20\.0 \/ 80\.0 GiB +61 °C +351 \/ 700 W/m);
    expect(await container.sh("ai-dock shell -- env")).toMatch(/^CUDA_VISIBLE_DEVICES=1$/m);

    await using terminal = new Terminal([
      "docker",
      "exec",
      "-it",
      container.id,
      "ai-dock",
      "gpus",
      "--watch",
    ]);
    await waitFor(() => /load ━+─+ +35 %/.test(Bun.stripANSI(terminal.output)), {
      what: "bars",
      detail: () => terminal.output,
    });
    const before = terminal.output.length;
    await waitFor(() => terminal.output.slice(before).includes("\u001B[H"), {
      what: "bars that are drawn again",
    });
    terminal.write("\u0003");
    expect(await terminal.exited).toBe(130);

    // The portal has a user of its own.
    const ask = (what: string) =>
      container.sh(`curl -s -H 'Authorization: Bearer ${TOKEN}' http://127.0.0.1:1111/api/v1/${what}`);
    // A sample has what the GPUs have answered by then.
    const sample = await waitFor(
      async () => {
        const { samples } = JSON.parse(await ask("machine")) as {
          samples: { gpus: object[]; gpuProblems: string[] }[];
        };
        const last = samples.at(-1);
        return last !== undefined && last.gpus.length + last.gpuProblems.length > 0 && last;
      },
      { what: "a sample with GPUs" },
    );
    expect(sample).toMatchObject({ gpus: [{ load: 0.35 }, { load: 0.03 }], gpuProblems: [] });
    await waitFor(async () => (await readers(container)).every((line) => line.includes("--events")), {
      what: "no process to read GPUs that nobody looks at",
    });

    await untilWatched(container);
    xid(0, 31);
    await container.waitLog("Xid 31 of GPU 0 (NVIDIA H100 80GB HBM3): a program reached for memory");
    xid(1, 48);
    await container.waitLog("Xid 48 of GPU 1 (NVIDIA H100 80GB HBM3): an error of memory");
    const status = await container.sh("ai-dock status");
    expect(status).toContain("Xid 48 of GPU 1");
    expect(status).not.toContain("Xid 31");
    expect((await gpus(container)).gpus.map((gpu) => gpu.xid?.code)).toEqual([31, 48]);
    await waitFor(async () => (await ask("state")).includes("Xid 48 of GPU 1"), {
      what: "the error in the portal",
      detail: () => ask("state"),
    });
    expect((await container.exec(["ai-dock", "health"])).code).toBe(0);

    set({ ...two, "return.nvmlDeviceGetHandleByIndex_v2.1": 15 });
    const doctor = await container.exec(["ai-dock", "doctor", "--json"]);
    const results = JSON.parse(doctor.stdout) as { name: string; status: string; message: string }[];
    expect(
      results.filter(({ name }) => name === "gpu").map(({ status: how, message }) => ({ how, message })),
    ).toEqual([
      { how: "ok", message: "NVIDIA H100 80GB HBM3, driver 550.54.14, CUDA 12.4" },
      { how: "warning", message: "GPU 0: heat holds it back" },
      { how: "warning", message: expect.stringContaining("GPU 0: its PCIe link has 8 of 16 lanes") },
      { how: "error", message: "GPU 1: the GPU has fallen off its bus" },
    ]);

    set({ ...two, "wait.nvmlDeviceGetPowerUsage.1": "forever" });
    const hung = await container.exec(["ai-dock", "gpus"]);
    expect(hung.code).toBe(1);
    expect(hung.stdout).toMatch(/^0 +NVIDIA H100 80GB HBM3 +35 %[^]*^ +GPU 1 does not answer; rent/m);
  });

  test.concurrent("counts an error after which a GPU is gone as its loss", async () => {
    await using world = await withGpus(two, { env: { AI_DOCK_ON_GPU_LOSS: "exit" } });
    const { container, xid } = world;
    await container.waitReady();
    await untilWatched(container);
    xid(1, 79);
    expect(await container.wait()).toBe(1);
    await container.waitLog("Xid 79 of GPU 1 (NVIDIA H100 80GB HBM3): the GPU has fallen off its bus");
  });

  test.concurrent("waits for no errors with AI_DOCK_GPU_EVENTS=false, nor without the library", async () => {
    await using world = await withGpus(two, { env: { AI_DOCK_GPU_EVENTS: "false" } });
    await world.container.waitReady();
    expect(await readers(world.container)).toEqual([]);
    await using other = await boot({ devices });
    await other.waitReady();
    await waitFor(async () => (await readers(other)).length === 0, {
      what: "no process that waits for errors",
    });
    expect((await other.exec(["ai-dock", "gpus"])).stdout).toContain(
      "a library of the NVIDIA driver is not there",
    );
  });
});

test("a container without a GPU says so, and starts nothing", async () => {
  await using container = await boot();
  await container.waitReady();
  const { stdout, code } = await container.exec(["ai-dock", "gpus"]);
  expect([stdout, code]).toEqual(["No GPU in this container\n", 3]);
  expect(await readers(container)).toEqual([]);
});
