import { Code, concernsGpu, meaningOf } from "./codes.ts";
import type { Nvml, NvmlName } from "./library.ts";

/** Enough for each structure and text of NVML that is asked for here. */
const SCRATCH_BYTES = 256;

/**
 * One GPU of NVML's, or an instance of one. Values that it does not support are null; once an answer says that the GPU is
 * lost, it is asked no more.
 */
export class Device {
  readonly #nvml: Nvml;
  readonly #handle: bigint;
  readonly #bytes = Buffer.from(new ArrayBuffer(SCRATCH_BYTES));
  readonly #more = Buffer.from(new ArrayBuffer(SCRATCH_BYTES));
  #fatal: number | undefined;
  #unknown: string | undefined;
  /** The code of the last call. */
  last: number = Code.success;

  constructor(nvml: Nvml, handle: bigint) {
    this.#nvml = nvml;
    this.#handle = handle;
  }

  /** What is wrong, as far as answers have told it. */
  get problem(): string | null {
    if (this.#fatal !== undefined) return meaningOf(this.#fatal);
    if (this.#unknown === undefined) return null;
    return `the NVIDIA driver answers "Unknown Error" for its ${this.#unknown}, which nvidia-smi shows as ERR!; rent another machine`;
  }

  /** A number of 32 bits. `what` names it in a problem, where nvidia-smi would show ERR! for it. */
  u32(name: NvmlName, what?: string, ...before: number[]): number | null {
    return this.#ask(name, what, before, (bytes) => bytes.readUInt32LE(0));
  }

  u64(name: NvmlName, ...before: number[]): bigint | null {
    return this.#ask(name, undefined, before, (bytes) => bytes.readBigUInt64LE(0));
  }

  /** A structure, with the number of its version in front where it has one. */
  struct<T>(name: NvmlName, read: (bytes: Buffer) => T, version?: number, what?: string): T | null {
    this.#bytes.fill(0);
    if (version !== undefined) this.#bytes.writeUInt32LE(version, 0);
    return this.#ask(name, what, [], read);
  }

  /** Two numbers of 32 bits, each with a pointer of its own. */
  pair(name: NvmlName): [number, number] | null {
    if (this.#fatal !== undefined) return null;
    const code = this.#nvml.call(name, this.#handle, this.#bytes, this.#more);
    return this.#note(code) ? [this.#bytes.readUInt32LE(0), this.#more.readUInt32LE(0)] : null;
  }

  text(name: NvmlName): string | null {
    if (this.#fatal !== undefined) return null;
    const code = this.#nvml.call(name, this.#handle, this.#bytes, SCRATCH_BYTES);
    return this.#note(code) ? textIn(this.#bytes) : null;
  }

  #ask<T>(name: NvmlName, what: string | undefined, before: number[], read: (bytes: Buffer) => T): T | null {
    if (this.#fatal !== undefined) return null;
    const code = this.#nvml.call(name, this.#handle, ...before, this.#bytes);
    return this.#note(code, what) ? read(this.#bytes) : null;
  }

  #note(code: number, what?: string): boolean {
    this.last = code;
    if (concernsGpu(code)) this.#fatal = code;
    if (code === Code.unknown && what !== undefined) this.#unknown ??= what;
    return code === Code.success;
  }
}

/** Terminals obey them. */
const CONTROL = /\p{Cc}/gu;

/** The C string at the beginning of a buffer. */
export function textIn(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end === -1 ? bytes.length : end).replaceAll(CONTROL, "\ufffd");
}
