import { z } from "zod";
import type { FactValue } from "../programs/spec.ts";
import type { Program } from "./program.ts";

const stateSchema = z.enum(["STOPPED", "STARTING", "RUNNING", "BACKOFF", "STOPPING", "EXITED", "FATAL"]);

const factSchema: z.ZodType<FactValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(factSchema)]),
);

/** One program in `status --json`; absent values are null. */
export const programStatusSchema = z.object({
  name: z.string(),
  group: z.string(),
  state: stateSchema,
  pid: z.number().nullable(),
  uptime_s: z.number().nullable(),
  ready: z.boolean(),
  restarts: z.number(),
  exit_code: z.number().nullable(),
  signal: z.string().nullable(),
  reason: z.string().nullable(),
  /** How the process fares, in words, where something more than its state is known. */
  note: z.string().nullable(),
  facts: z.record(z.string(), factSchema),
});

export type ProgramStatus = z.infer<typeof programStatusSchema>;

/** What `status` shows of a program at this moment. */
export function programStatus(program: Program): ProgramStatus {
  const { spec, state, pid, uptime, ready, restarts, exit, reason, note, facts } = program;
  return {
    name: spec.name,
    group: spec.group,
    state,
    pid,
    uptime_s: uptime === null ? null : Math.round(uptime * 10) / 10,
    ready,
    restarts,
    exit_code: exit?.code ?? null,
    signal: exit?.signal ?? null,
    reason,
    note,
    facts,
  };
}
