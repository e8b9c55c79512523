import { z } from "zod";
import { errorCodes } from "../errors.ts";
import { idleField } from "./idle.ts";
import { serviceSchema } from "./service.ts";
import type { Problem } from "../programs/problem.ts";
import type { FactValue } from "../programs/spec.ts";
import type { ShownNotice } from "../supervisor/notices.ts";
import type { ProgramStatus } from "../supervisor/status.ts";

// What clients read; PID 1 uses the types alone.

const problem: z.ZodType<Problem> = z.object({
  severity: z.enum(["error", "warning"]),
  message: z.string(),
  file: z.string().nullable(),
  line: z.number().nullable(),
  section: z.string().nullable(),
  key: z.string().nullable(),
  value: z.string().nullable(),
  expectation: z.string().nullable(),
});

const fact: z.ZodType<FactValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(fact)]),
);

/** The fields of a program in `status --json`. */
export const programStatusFields = {
  name: z.string(),
  group: z.string(),
  state: z.enum(["STOPPED", "STARTING", "RUNNING", "BACKOFF", "STOPPING", "EXITED", "FATAL"]),
  pid: z.number().nullable(),
  uptime_s: z.number().nullable(),
  ready: z.boolean(),
  restarts: z.number(),
  exit_code: z.number().nullable(),
  signal: z.string().nullable(),
  reason: z.string().nullable(),
  note: z.string().nullable(),
  facts: z.record(z.string(), fact),
};

const programStatus: z.ZodType<ProgramStatus> = z.object(programStatusFields);

const phase = z.enum(["booting", "running", "stopping"]);

/** The boot step that runs now and since when (epoch milliseconds). */
const bootProgress = z.object({ step: z.string(), since: z.number() });

/** What portal and clients are told of the boot; null after it. */
export const bootField = bootProgress.nullable();

/** What is to be known besides the programs: a lost GPU, for one. */
export const noticesField: z.ZodType<ShownNotice[]> = z.array(
  z.object({ id: z.string(), severity: z.enum(["info", "warning", "error"]), message: z.string() }),
);

export const statusReply = z.object({
  phase,
  boot: bootField,
  programs: z.array(programStatus),
  notices: noticesField,
  idle: idleField,
});

export const healthReply = z.object({
  phase,
  healthy: z.boolean(),
  started: z.boolean(),
  problems: z.array(z.string()),
});

export const idleReply = z.object({ idle: idleField });

/** The outcome of an action, for each program. */
export const actionReply = z.object({
  results: z.array(z.object({ name: z.string(), group: z.string(), ok: z.boolean(), message: z.string() })),
});

/** What `ai-dock update` changed, and what is wrong in the configuration. */
export const updateReply = z.object({
  changes: z.array(
    z.object({ name: z.string(), group: z.string(), change: z.enum(["added", "changed", "removed"]) }),
  ),
  problems: z.array(problem),
});

export const environmentReply = z.object({
  env: z.record(z.string(), z.string()),
  sources: z.record(z.string(), z.enum(["argument", "container", "file", "default"])),
});

export const rpcReply = z.union([
  z.object({ result: z.unknown() }),
  z.object({ fault: z.object({ code: z.number(), text: z.string() }) }),
]);

/** The front of the web services, for root: secrets are in it. */
export const webReply = z.object({
  /** False while Caddy does not run; `reason` says why. */
  running: z.boolean(),
  reason: z.string().nullable(),
  services: z.array(serviceSchema),
  login: z.boolean(),
  user: z.string(),
  password: z.string(),
  token: z.string(),
  /** Good for one login, for some minutes. */
  code: z.string(),
});

export const errorReply = z.object({
  error: z.string(),
  code: z.enum(errorCodes),
  /** What the user can do about it. */
  hint: z.string().optional(),
});

export type BootProgress = z.infer<typeof bootProgress>;
export type StatusReply = z.infer<typeof statusReply>;
export type HealthReply = z.infer<typeof healthReply>;
export type IdleReply = z.infer<typeof idleReply>;
export type ActionReply = z.infer<typeof actionReply>;
export type UpdateReply = z.infer<typeof updateReply>;
export type EnvironmentReply = z.infer<typeof environmentReply>;
export type WebReply = z.infer<typeof webReply>;
export type ErrorReply = z.infer<typeof errorReply>;
