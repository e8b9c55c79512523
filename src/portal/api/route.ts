import type { z } from "zod";
import type { Credentials, PortalState } from "../../control/portal/protocol.ts";
import type { PortalContext } from "../context.ts";

/** A request of somebody who may use the API. */
export interface ApiRequest {
  context: PortalContext;
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
