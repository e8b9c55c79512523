import { z } from "zod";
import { AiDockError } from "../../errors.ts";
import type { PortalControl } from "../../control/portal/client.ts";
import type { Credentials, PortalState } from "../../control/portal/protocol.ts";
import type { PortalContext } from "../context.ts";

/** A request of somebody who may use the API. */
export interface ApiRequest {
  context: PortalContext;
  /** Of PID 1. */
  control: PortalControl;
  credentials: Credentials;
  state: PortalState;
  request: Request;
  query: URLSearchParams;
}

/** One operation of the API; the OpenAPI document is made of these. */
export interface Route {
  summary: string;
  /** Parameters of the query. */
  query?: z.ZodObject;
  /** The JSON of the request. */
  body?: z.ZodType;
  /** The JSON of the answer. */
  reply?: z.ZodType;
  /** Instead: the data of server-sent events, by name. */
  events?: Record<string, z.ZodType>;
  /** Instead: another type of the answer. */
  type?: string;
  handle(request: ApiRequest): Promise<Response> | Response;
}

/** Reads parameters; those whose schema is an array may be given several times. Throws AiDockError `E_BAD_REQUEST`. */
export function readQuery<Schema extends z.ZodObject>(
  query: URLSearchParams,
  schema: Schema,
): z.infer<Schema> {
  const given = Object.keys(schema.shape)
    .filter((name) => query.has(name))
    .map((name) => [name, isList(schema.shape[name]) ? query.getAll(name) : query.get(name)]);
  const { data, error } = schema.safeParse(Object.fromEntries(given));
  if (data !== undefined) return data;
  const issue = error?.issues[0];
  throw new AiDockError(`${issue?.path.join(".") ?? "query"}: ${issue?.message ?? "wrong"}`, {
    code: "E_BAD_REQUEST",
  });
}

function isList(type: unknown): boolean {
  return type instanceof z.ZodDefault ? isList(type.unwrap()) : type instanceof z.ZodArray;
}
