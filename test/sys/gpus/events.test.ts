import { afterEach, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { isOwnChild, onChildExit } from "../../../src/sys/children.ts";
import { type EventWatchOptions, watchGpuEvents } from "../../../src/sys/gpus/event-watch.ts";
import type { GpuEvent } from "../../../src/sys/gpus/protocol.ts";
import { type NvmlStandIn, nvmlStandIn, readerProcesses } from "../../fixtures/nvml.ts";
import { until } from "../../portal/_portal.ts";

let nvml: NvmlStandIn;
let end = () => {};

beforeAll(async () => {
  nvml = await nvmlStandIn();
});
afterEach(async () => {
  const left = readerProcesses(nvml.library);
  end();
  await until(() => !left.some((pid) => isOwnChild(pid)));
});

function watch(options: Partial<EventWatchOptions> = {}): GpuEvent[] {
  const events: GpuEvent[] = [];
  end = watchGpuEvents({ library: nvml.library, onEvent: (event) => events.push(event), ...options });
  return events;
}

/** The stand-in reads its configuration again and again as it waits. */
async function waiting(): Promise<number> {
  let pid = 0;
  await until(() => {
    [pid = 0] = readerProcesses(nvml.library);
    return pid !== 0 && readFileSync(`/proc/${pid}/wchan`, "latin1").includes("nanosleep");
  });
  return pid;
}

test("each event comes with its GPU; nobody wakes up for none", async () => {
  nvml.set({ gpus: 2, "gpu.1.name": "NVIDIA A40" });
  const events = watch();
  await waiting();
  nvml.xid(1, 31);
  nvml.xid(0, 79);
  await until(() => events.length === 2);
  expect(events).toEqual([
    { index: 1, pci: "0000:02:00.0", name: "NVIDIA A40", code: 31 },
    { index: 0, pci: "0000:01:00.0", name: "NVIDIA H100 80GB HBM3", code: 79 },
  ]);
});

test("what the library prints is no event, and ends nothing", async () => {
  nvml.set({ "print.nvmlEventSetCreate": "[HAMI-core Msg]: Initializing" });
  const events = watch();
  await waiting();
  nvml.xid(0, 31);
  await until(() => events.length === 1);
  expect(events[0]?.code).toBe(31);
});

test("an event that cannot be told does not keep the next one", async () => {
  nvml.set({});
  const codes: number[] = [];
  end = watchGpuEvents({
    library: nvml.library,
    onEvent: ({ code }) => {
      codes.push(code);
      throw new Error("no");
    },
  });
  await waiting();
  nvml.xid(0, 31);
  nvml.xid(0, 79);
  await until(() => codes.length === 2);
});

test("a wait that ends because a GPU is lost is an event, and the process is started anew", async () => {
  nvml.set({ "return.nvmlEventSetWait_v2": 15 });
  const events = watch({ pauseMilliseconds: 50 });
  await until(() => events.length >= 2);
  expect(events[0]).toEqual({ index: null, pci: null, name: "GPU", code: 79 });
});

test("a process that was killed is started anew after a pause", async () => {
  nvml.set({});
  const events = watch({ pauseMilliseconds: 50 });
  const first = await waiting();
  process.kill(first, "SIGKILL");
  await until(() => readerProcesses(nvml.library).some((pid) => pid !== first));
  await waiting();
  nvml.xid(0, 48);
  await until(() => events.length === 1);
});

test.each([
  ["nvmlInit_v2", 9],
  ["nvmlDeviceRegisterEvents", 3],
  ["nvmlEventSetCreate", 3],
])("%s = %d: there is nothing to wait for, and no process stays", async (call, code) => {
  nvml.set({ [`return.${call}`]: code });
  let ended = 0;
  const unlisten = onChildExit(() => ended++);
  const events = watch({ pauseMilliseconds: 1 });
  await until(() => ended > 0);
  await Bun.sleep(200);
  unlisten();
  expect(ended).toBe(1);
  expect(readerProcesses(nvml.library)).toEqual([]);
  expect(events).toEqual([]);
});
