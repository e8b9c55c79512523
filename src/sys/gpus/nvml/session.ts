import { messageOf } from "../../../errors.ts";
import { type Gpu, unknownGpu } from "../types.ts";
import { Code, meaningOf } from "./codes.ts";
import { Device, textIn } from "./device.ts";
import { Nvml } from "./library.ts";
import { readGpu, readMemory } from "./read-gpu.ts";

/** NVML says how many bytes a version of a driver needs: 80. */
const VERSION_BYTES = 96;

/** No machine has more; a library that counts more is broken. */
const MOST_GPUS = 128;
const MOST_INSTANCES = 64;

/** Loaded once: a library is not given back, and with a sick GPU every question is another initialization. */
const libraries = new Map<string | undefined, Nvml>();

/** What is told while GPUs are asked. */
export interface Listener {
  /** Before calls that a sick GPU may never answer; `index` is of the GPU that is asked. */
  asking: (index: number) => void;
  gpu: (gpu: Gpu) => void;
}

/** Of Bun's `Failed to open library "NAME": PATH: REASON`. */
const reasonIn = (message: string) => /^Failed to open library .*?: \S+: (.+)$/.exec(message)?.[1] ?? message;

/** A use of NVML from its initialization to its end. */
export class NvmlSession {
  readonly #nvml: Nvml;
  readonly #root: string;
  readonly #bytes = Buffer.from(new ArrayBuffer(VERSION_BYTES));

  private constructor(nvml: Nvml, root: string) {
    this.#nvml = nvml;
    this.#root = root;
  }

  /** Loads and initializes the library; a string says why not, and what to do. */
  static open(library?: string, root = ""): NvmlSession | string {
    let nvml: Nvml;
    try {
      nvml = libraries.get(library) ?? new Nvml(library);
      libraries.set(library, nvml);
    } catch (error) {
      return `${meaningOf(Code.libraryNotFound)} (${reasonIn(messageOf(error))})`;
    }
    const code = nvml.call("nvmlInit_v2");
    return code === Code.success ? new NvmlSession(nvml, root) : meaningOf(code);
  }

  /** The functions themselves. */
  get nvml(): Nvml {
    return this.#nvml;
  }

  close(): void {
    this.#nvml.call("nvmlShutdown");
  }

  driver(): string | null {
    const code = this.#nvml.call("nvmlSystemGetDriverVersion", this.#bytes, VERSION_BYTES);
    return code === Code.success ? textIn(this.#bytes) : null;
  }

  /** As `12.4`. The newer call tells what a package for forward compatibility adds. */
  cuda(): string | null {
    for (const name of ["nvmlSystemGetCudaDriverVersion_v2", "nvmlSystemGetCudaDriverVersion"] as const) {
      if (this.#nvml.call(name, this.#bytes) !== Code.success) continue;
      const version = this.#bytes.readInt32LE(0);
      return `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;
    }
    return null;
  }

  /** The handles of the GPUs that this container was given. */
  handles(): { index: number; handle: bigint }[] {
    const count = this.#nvml.call("nvmlDeviceGetCount_v2", this.#bytes);
    const total = count === Code.success ? this.#bytes.readUInt32LE(0) : 0;
    return Array.from({ length: Math.min(total, MOST_GPUS) }, (_, index) => index).flatMap((index) => {
      const { handle, code } = this.#handle(index);
      return code === Code.success ? [{ index, handle }] : [];
    });
  }

  /** Tells all GPUs but those left out, one after the other; the result is what is wrong with the driver. */
  read(leftOut: ReadonlySet<number>, { asking, gpu }: Listener): string | undefined {
    const code = this.#nvml.call("nvmlDeviceGetCount_v2", this.#bytes);
    if (code !== Code.success) return meaningOf(code);
    const counted = this.#bytes.readUInt32LE(0);
    const total = Math.min(counted, MOST_GPUS);
    let forbidden = 0;
    for (let index = 0; index < total; index++) {
      if (leftOut.has(index)) continue;
      asking(index);
      const { handle, code: failure } = this.#handle(index);
      // Of the host, and not given to this container.
      if (failure === Code.noPermission) forbidden++;
      else if (failure !== Code.success)
        gpu({ ...unknownGpu("nvidia", index, `GPU ${index}`), problem: meaningOf(failure) });
      else this.#tell(handle, index, gpu);
    }
    if (total === 0) return meaningOf(Code.gpuNotFound);
    if (counted > total)
      return `the NVIDIA driver counts ${counted} GPUs; the first ${total} are asked; rent another machine`;
    return forbidden === total ? meaningOf(Code.noPermission) : undefined;
  }

  #handle(index: number): { handle: bigint; code: number } {
    const code = this.#nvml.call("nvmlDeviceGetHandleByIndex_v2", index, this.#bytes);
    return { handle: this.#bytes.readBigUInt64LE(0), code };
  }

  /** A split GPU is told by its instances that are seen here, with the temperature and the clocks of the whole. */
  #tell(handle: bigint, index: number, told: (gpu: Gpu) => void): void {
    const whole = readGpu(new Device(this.#nvml, handle), index, this.#root);
    const instances = whole.mig === true ? this.#instances(handle) : [];
    if (instances.length === 0) told(whole);
    for (const instance of instances) {
      const device = new Device(this.#nvml, instance);
      const name = device.text("nvmlDeviceGetName") ?? whole.name;
      const uuid = device.text("nvmlDeviceGetUUID");
      const memory = readMemory(device);
      told({
        ...whole,
        ...memory,
        name,
        uuid,
        load: null,
        memoryLoad: null,
        problem: whole.problem ?? device.problem,
      });
    }
  }

  #instances(handle: bigint): bigint[] {
    const most = new Device(this.#nvml, handle).u32("nvmlDeviceGetMaxMigDeviceCount") ?? 0;
    return Array.from({ length: Math.min(most, MOST_INSTANCES) }, (_, index) => index).flatMap((index) => {
      const code = this.#nvml.call("nvmlDeviceGetMigDeviceHandleByIndex", handle, index, this.#bytes);
      return code === Code.success ? [this.#bytes.readBigUInt64LE(0)] : [];
    });
  }
}
