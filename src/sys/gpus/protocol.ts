import type { Gpu, GpuReport } from "./types.ts";

/** What the process that reads GPUs is asked with. */
export const QUESTION = "read\n";

/** A line of the process that reads GPUs. */
export type ReaderLine =
  /** NVIDIA's driver is asked next: for a GPU by its index, or (null) whether it is there. */
  | { asking: number | null }
  | { gpu: Gpu }
  | { system: Pick<GpuReport, "driver" | "cuda"> }
  | { problem: string }
  /** The answer is complete. */
  | { end: true };
