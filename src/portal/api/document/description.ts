import type { z } from "zod";

/** What the OpenAPI document says of an operation. */
export interface Description {
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
}
