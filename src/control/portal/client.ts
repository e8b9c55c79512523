import { ofetch } from "ofetch";
import type { z } from "zod";
import { actionReply } from "../replies.ts";
import {
  credentialsSchema,
  doctorRowsSchema,
  environmentRowsSchema,
  logListSchema,
  type PortalActionRequest,
  portalStateSchema,
  redeemReply,
} from "./protocol.ts";
import { nameQuery, portalStreamsAt } from "./streams.ts";

/** Talks to the socket that PID 1 has for the portal. Calls throw what ofetch throws: FetchError with a `status`. */
export function portalControlAt(socket: string) {
  const unix = { unix: socket } as object;
  const call = async <Schema extends z.ZodType>(
    path: string,
    reply: Schema,
    body?: object,
  ): Promise<z.infer<Schema>> =>
    reply.parse(
      await ofetch<unknown>(`http://ai-dock${path}`, {
        ...unix,
        retry: 0,
        ...(body === undefined ? {} : { method: "POST", body }),
      }),
    );
  return {
    state: () => call("/state", portalStateSchema),
    credentials: () => call("/credentials", credentialsSchema),
    redeem: (code: string) => call("/redeem", redeemReply, { code }),
    act: (request: PortalActionRequest) => call("/action", actionReply, request),
    /** All logs, or those of some names with their times. */
    logs: (names: string[] = []) => call(`/logs?${nameQuery(names)}`, logListSchema),
    environment: () => call("/environment", environmentRowsSchema),
    doctor: () => call("/doctor", doctorRowsSchema),
    ...portalStreamsAt(socket),
  };
}

export type PortalControl = ReturnType<typeof portalControlAt>;
