import type { Gpu, GpuReport } from "./types.ts";

/** An error event (Xid) of a GPU of NVIDIA's, as a line of the process that waits for them. */
export interface GpuEvent {
  /** Null where the driver does not say which GPU. */
  index: number | null;
  pci: string | null;
  name: string;
  /** Of NVIDIA's Xid catalog. */
  code: number;
}

/** The object that a line holds; undefined for what is none: libraries of drivers, and what is loaded with them, may print. */
export function objectIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What the process that reads GPUs is asked with: a line, with the indices of NVIDIA's GPUs that it leaves out. */
export type Question = number[];

/** A line of the process that reads GPUs. */
export type ReaderLine =
  /** The process is there, and has asked nobody yet. */
  | { up: true }
  /** NVIDIA's driver is asked next: for a GPU by its index, or (null) whether it is there. */
  | { asking: number | null }
  | { gpu: Gpu }
  | { system: Pick<GpuReport, "driver" | "cuda"> }
  | { problem: string }
  /** The answer is complete. */
  | { end: true };
