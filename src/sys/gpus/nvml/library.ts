import { dlopen, type FFIFunction, FFIType } from "bun:ffi";
import { existsSync } from "node:fs";
import { Code } from "./codes.ts";

// NVML by its C interface, as nvml.h of the NVIDIA driver declares it. A device is a pointer that only the library reads.

const { i32, u32, u64, pointer } = FFIType;

const returns = i32;
const toBuffer = { args: [pointer], returns };
const ofDevice = { args: [u64, pointer], returns };
const toText = { args: [u64, pointer, u32], returns };
const ofDeviceByNumber = { args: [u64, u32, pointer], returns };
const ofDeviceTwo = { args: [u64, pointer, pointer], returns };

/** Without these there is no NVML; every version of the last ten years has them. */
const needed = {
  nvmlInit_v2: { args: [], returns },
  nvmlShutdown: { args: [], returns },
  nvmlSystemGetDriverVersion: { args: [pointer, u32], returns },
  nvmlDeviceGetCount_v2: toBuffer,
  nvmlDeviceGetHandleByIndex_v2: { args: [u32, pointer], returns },
  nvmlDeviceGetName: toText,
  nvmlDeviceGetUUID: toText,
};

/** What a version may not have yet, or no more. */
const optional = {
  nvmlSystemGetCudaDriverVersion: toBuffer,
  nvmlSystemGetCudaDriverVersion_v2: toBuffer,
  nvmlDeviceGetPciInfo_v3: ofDevice,
  nvmlDeviceGetMemoryInfo: ofDevice,
  nvmlDeviceGetMemoryInfo_v2: ofDevice,
  nvmlDeviceGetUtilizationRates: ofDevice,
  nvmlDeviceGetTemperature: ofDeviceByNumber,
  nvmlDeviceGetTemperatureV: ofDevice,
  nvmlDeviceGetPowerUsage: ofDevice,
  nvmlDeviceGetEnforcedPowerLimit: ofDevice,
  nvmlDeviceGetFanSpeed: ofDevice,
  nvmlDeviceGetClockInfo: ofDeviceByNumber,
  nvmlDeviceGetEncoderUtilization: ofDeviceTwo,
  nvmlDeviceGetDecoderUtilization: ofDeviceTwo,
  nvmlDeviceGetPcieThroughput: ofDeviceByNumber,
  nvmlDeviceGetCurrPcieLinkGeneration: ofDevice,
  nvmlDeviceGetCurrPcieLinkWidth: ofDevice,
  nvmlDeviceGetMaxPcieLinkWidth: ofDevice,
  nvmlDeviceGetPerformanceState: ofDevice,
  nvmlDeviceGetCurrentClocksEventReasons: ofDevice,
  nvmlDeviceGetCurrentClocksThrottleReasons: ofDevice,
  nvmlDeviceGetTotalEccErrors: { args: [u64, u32, u32, pointer], returns },
  nvmlDeviceGetMigMode: ofDeviceTwo,
  nvmlDeviceGetMaxMigDeviceCount: ofDevice,
  nvmlDeviceGetMigDeviceHandleByIndex: ofDeviceByNumber,
  nvmlEventSetCreate: toBuffer,
  nvmlEventSetFree: { args: [u64], returns },
  nvmlDeviceRegisterEvents: { args: [u64, u64, u64], returns },
  nvmlEventSetWait_v2: { args: [u64, pointer, u32], returns },
};

export type NvmlName = keyof typeof needed | keyof typeof optional;

type Argument = number | bigint | NodeJS.TypedArray | null;
type NvmlFunction = (...args: Argument[]) => number;

const LIBRARY = "libnvidia-ml.so.1";

/** Where the library may be without being known to the loader: device plugins of Kubernetes, WSL2. */
const FOLDERS = ["/usr/local/nvidia/lib64", "/usr/local/nvidia/lib", "/usr/lib/wsl/lib"];

/** The functions of NVML. */
export class Nvml {
  readonly #functions = new Map<string, NvmlFunction>();

  /** Loads the library; an error says why that cannot be done. LD_LIBRARY_PATH may lead to what others can write to. */
  constructor(path?: string) {
    const place =
      path ?? FOLDERS.map((folder) => `${folder}/${LIBRARY}`).find((file) => existsSync(file)) ?? LIBRARY;
    this.#load(place, needed);
    try {
      this.#load(place, optional);
    } catch {
      // One that is missing makes the whole of them fail.
      for (const [name, type] of Object.entries(optional)) this.#tryLoad(place, name, type);
    }
  }

  /** Calls a function and returns NVML's code. May take as long as a sick GPU takes: for ever. */
  call(name: NvmlName, ...args: Argument[]): number {
    return this.#functions.get(name)?.(...args) ?? Code.functionNotFound;
  }

  #load(path: string, functions: Record<string, FFIFunction>): void {
    const { symbols } = dlopen(path, functions);
    for (const [name, call] of Object.entries(symbols))
      this.#functions.set(name, call as unknown as NvmlFunction);
  }

  #tryLoad(path: string, name: string, type: FFIFunction): void {
    try {
      this.#load(path, { [name]: type });
    } catch {
      // Asked for, it answers as a library without it does.
    }
  }
}
