import { z } from "zod";

export const gpuSchema = z.object({
  name: z.string(),
  uuid: z.string().nullable(),
  /** From 0 to 1; null where the GPU does not tell. */
  load: z.number().nullable(),
  usedBytes: z.number().nullable(),
  totalBytes: z.number().nullable(),
  /** Degrees Celsius. */
  temperature: z.number().nullable(),
  watts: z.number().nullable(),
  wattsLimit: z.number().nullable(),
  /** Why it is slower than it could be, in the words of nvidia-smi. */
  throttle: z.array(z.string()),
  /** What is wrong with it, and what to do. */
  problem: z.string().nullable(),
});

export const sampleSchema = z.object({
  /** Epoch milliseconds. */
  time: z.number(),
  /** CPUs in use, as a number of whole ones. */
  cpus: z.number(),
  memoryBytes: z.number(),
  /** Bytes a second. */
  read: z.number(),
  written: z.number(),
  received: z.number(),
  sent: z.number(),
  gpus: z.array(gpuSchema),
  /** What is wrong with the driver of the GPUs, and what to do. */
  gpuProblems: z.array(z.string()),
});

export const diskSchema = z.object({ path: z.string(), usedBytes: z.number(), totalBytes: z.number() });

export const machineSchema = z.object({
  limits: z.object({ cpus: z.number(), memoryBytes: z.number() }),
  disks: z.array(diskSchema),
  samples: z.array(sampleSchema),
});

export type Gpu = z.infer<typeof gpuSchema>;
export type Sample = z.infer<typeof sampleSchema>;
export type Disk = z.infer<typeof diskSchema>;
export type MachineState = z.infer<typeof machineSchema>;
