import { z } from "zod";
import { AiDockError, errorCodes } from "../errors.ts";
import { problemSchema } from "../programs/problem.ts";
import { serviceSchema } from "./portal/protocol.ts";
import { programStatusSchema } from "../supervisor/status.ts";

export const statusReply = z.object({
  phase: z.enum(["booting", "running", "stopping"]),
  programs: z.array(programStatusSchema),
});

export const healthReply = z.object({
  phase: z.enum(["booting", "running", "stopping"]),
  healthy: z.boolean(),
  started: z.boolean(),
  problems: z.array(z.string()),
});

const names = z.array(z.string().min(1).max(512)).min(1).max(10_000);

export const actionRequest = z.object({
  action: z.enum(["start", "stop", "restart", "signal"]),
  names,
  signal: z.string().max(16).optional(),
});

/** The outcome of an action, for each program. */
export const actionReply = z.object({
  results: z.array(z.object({ name: z.string(), group: z.string(), ok: z.boolean(), message: z.string() })),
});

/** What `ai-dock update` changed, and what is wrong in the configuration. */
export const updateReply = z.object({
  changes: z.array(
    z.object({ name: z.string(), group: z.string(), change: z.enum(["added", "changed", "removed"]) }),
  ),
  problems: z.array(problemSchema),
});

/** A call of supervisord's interface as JSON; a name without a namespace means `supervisor.`. */
export const rpcRequest = z.object({
  method: z.string().max(100),
  params: z.array(z.unknown()).max(10_000).default([]),
});

/** Changes of the boot environment, for programs that start from now on. */
export const environmentRequest = z.object({
  set: z.record(z.string(), z.string()),
  unset: z.array(z.string()),
});

export type EnvironmentChanges = z.infer<typeof environmentRequest>;

export const environmentReply = z.object({
  env: z.record(z.string(), z.string()),
  sources: z.record(z.string(), z.enum(["argument", "container", "file", "default"])),
});

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

/** What a user and a password of the web login may be. */
export const webCredentialsRequest = z.object({
  user: z
    .string()
    .regex(/^[^\0\r\n:]+$/)
    .max(200),
  password: z
    .string()
    .regex(/^[^\0\r\n]+$/)
    .max(1000),
});

export type WebReply = z.infer<typeof webReply>;

export const errorReply = z.object({
  error: z.string(),
  code: z.enum(errorCodes),
  /** What the user can do about it. */
  hint: z.string().optional(),
});

/** Reads the JSON of a request. Throws AiDockError `E_BAD_REQUEST`. */
export async function readRequest<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const parsed = schema.safeParse(await request.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  throw new AiDockError("Cannot understand the request", { code: "E_BAD_REQUEST" });
}

export type StatusReply = z.infer<typeof statusReply>;
export type HealthReply = z.infer<typeof healthReply>;
export type ActionRequest = z.infer<typeof actionRequest>;
export type ActionReply = z.infer<typeof actionReply>;
export const rpcReply = z.union([
  z.object({ result: z.unknown() }),
  z.object({ fault: z.object({ code: z.number(), text: z.string() }) }),
]);

export type UpdateReply = z.infer<typeof updateReply>;
export type EnvironmentReply = z.infer<typeof environmentReply>;
