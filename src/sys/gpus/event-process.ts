import { writeSync } from "node:fs";
import { endWithParent } from "../libc.ts";
import { releaseMemory } from "../memory.ts";
import { Code } from "./nvml/codes.ts";
import { Device } from "./nvml/device.ts";
import type { Nvml } from "./nvml/library.ts";
import { pciOf } from "./nvml/read-gpu.ts";
import { NvmlSession } from "./nvml/session.ts";
import type { GpuEvent } from "./protocol.ts";

const XID = 8n;

/** Each end of the wait is a wake-up. */
const WAIT_MILLISECONDS = 600_000;

/** nvmlEventData_t: a handle, two numbers of 64 bits, two of 32. */
const EVENT_BYTES = 32;
const TYPE_AT = 8;
const DATA_AT = 16;

/** After the memory of the start was given back. */
const SETTLE_MILLISECONDS = 500;

type Known = Omit<GpuEvent, "code">;

/**
 * The process `ai-dock gpu-reader --events`: a line of JSON for each error event (Xid) of NVIDIA's GPUs. Resolves to true where
 * there is none to wait for, to false when the driver does not go on.
 */
export async function gpuEventProcess(library?: string): Promise<boolean> {
  endWithParent();
  const session = NvmlSession.open(library);
  if (typeof session === "string") return true;
  const { nvml } = session;
  const bytes = Buffer.from(new ArrayBuffer(EVENT_BYTES));
  if (nvml.call("nvmlEventSetCreate", bytes) !== Code.success) return true;
  const set = bytes.readBigUInt64LE(0);
  const known = register(session, set);
  if (known.size === 0) return true;
  releaseMemory();
  await Bun.sleep(SETTLE_MILLISECONDS);
  for (;;) {
    const code = wait(nvml, set, bytes);
    if (code === Code.timeout) continue;
    if (code === Code.gpuIsLost) tell({ index: null, pci: null, name: "GPU", code: 79 });
    if (code !== Code.success) return false;
    const gpu = known.get(bytes.readBigUInt64LE(0));
    if (bytes.readBigUInt64LE(TYPE_AT) !== XID) continue;
    tell({ index: null, pci: null, name: "GPU", ...gpu, code: Number(bytes.readBigUInt64LE(DATA_AT)) });
  }
}

function wait(nvml: Nvml, set: bigint, bytes: Buffer): number {
  return nvml.call("nvmlEventSetWait_v2", set, bytes, WAIT_MILLISECONDS);
}

/** GPUs that tell no events, as in WSL2, are left out. */
function register(session: NvmlSession, set: bigint): Map<bigint, Known> {
  const known = new Map<bigint, Known>();
  for (const { handle, index } of session.handles()) {
    if (session.nvml.call("nvmlDeviceRegisterEvents", handle, XID, set) !== Code.success) continue;
    const device = new Device(session.nvml, handle);
    known.set(handle, { index, pci: pciOf(device), name: device.text("nvmlDeviceGetName") ?? "GPU" });
  }
  return known;
}

function tell(event: GpuEvent): void {
  writeSync(1, `\n${JSON.stringify(event)}\n`);
}
