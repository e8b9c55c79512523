import { z } from "zod";
import { AiDockError } from "../errors.ts";

export { keepRequest } from "./idle.ts";

// PID 1 loads this file with the first request that has a body.

const names = z.array(z.string().min(1).max(512)).min(1).max(10_000);

export const actionRequest = z.object({
  action: z.enum(["start", "stop", "restart", "signal"]),
  names,
  signal: z.string().max(16).optional(),
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

export type ActionRequest = z.infer<typeof actionRequest>;
export type EnvironmentChanges = z.infer<typeof environmentRequest>;

/** Reads the JSON of a request. Throws AiDockError `E_BAD_REQUEST`. */
export async function readRequest<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const parsed = schema.safeParse(await request.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  throw new AiDockError("Cannot understand the request", { code: "E_BAD_REQUEST" });
}
