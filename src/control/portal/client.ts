import { ofetch } from "ofetch";
import type { z } from "zod";
import { actionReply } from "../protocol.ts";
import {
  credentialsSchema,
  doctorRowsSchema,
  environmentRowsSchema,
  logListSchema,
  type PortalActionRequest,
  portalStateSchema,
  redeemReply,
} from "./protocol.ts";

/** What `/logs/bytes` says of a generation of a log. */
export interface LogBytes {
  bytes: Uint8Array;
  inode: number;
  size: number;
}

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
  const open = (path: string, signal?: AbortSignal) =>
    fetch(`http://ai-dock${path}`, { ...unix, ...(signal === undefined ? {} : { signal }) });
  return {
    state: () => call("/state", portalStateSchema),
    credentials: () => call("/credentials", credentialsSchema),
    redeem: (code: string) => call("/redeem", redeemReply, { code }),
    act: (request: PortalActionRequest) => call("/action", actionReply, request),
    /** All logs, or those of some names with their times. */
    logs: (names: string[] = []) => call(`/logs?${nameQuery(names)}`, logListSchema),
    environment: () => call("/environment", environmentRowsSchema),
    doctor: () => call("/doctor", doctorRowsSchema),
    /** Server-sent events `state` and `credentials`. */
    events: (signal?: AbortSignal) => open("/events", signal),
    /** Server-sent events `log` of these logs. */
    watchLogs: (names: string[], signal?: AbortSignal) => open(`/logs/watch?${nameQuery(names)}`, signal),
    /** Some bytes of a generation; undefined where there is none of that index, or nothing at that offset. */
    async logBytes(log: {
      name: string;
      stream: "stdout" | "stderr";
      index: number;
      offset: number;
      length: number;
    }): Promise<LogBytes | undefined> {
      const query = new URLSearchParams(
        Object.entries(log).map(([key, value]): [string, string] => [key, String(value)]),
      );
      const response = await open(`/logs/bytes?${query.toString()}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (!response.ok) return undefined;
      const number = (header: string) => Number(response.headers.get(header));
      return { bytes, inode: number("X-Inode"), size: number("X-Size") };
    },
  };
}

function nameQuery(names: string[]): string {
  return names.map((name) => `name=${encodeURIComponent(name)}`).join("&");
}

export type PortalControl = ReturnType<typeof portalControlAt>;
