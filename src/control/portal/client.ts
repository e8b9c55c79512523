import { AiDockError, type ErrorCode, messageOf } from "../../errors.ts";
import type { IdleState } from "../idle.ts";
import type { Measures, MetricFacts } from "../metric-facts.ts";
import type { ActionReply, ErrorReply } from "../replies.ts";
import type {
  Credentials,
  DoctorRow,
  EnvironmentRow,
  LogEntry,
  PortalActionRequest,
  PortalState,
  Provisioning,
} from "./protocol.ts";
import { nameQuery, portalStreamsAt } from "./streams.ts";

/**
 * Talks to the socket that PID 1 has for the portal. Answers are taken as they are: PID 1 runs the same executable, and
 * whoever is PID 1 decides on everything anyway. Calls throw AiDockError: with the code of PID 1's refusal, or
 * `E_NO_SUPERVISOR`.
 */
export function portalControlAt(socket: string) {
  const ask = async <Reply>(path: string, body?: string): Promise<Reply> => {
    const init = { unix: socket, ...(body === undefined ? {} : { method: "POST", body }) };
    const response = await fetch(`http://ai-dock${path}`, init).catch((error: unknown) => {
      throw gone(error);
    });
    if (response.ok) return (await response.json()) as Reply;
    const refusal = (await response.json().catch(() => undefined)) as ErrorReply | undefined;
    if (refusal === undefined) throw gone(new Error(`HTTP status ${response.status} for ${path}`));
    throw new AiDockError(refusal.error, { code: refusal.code });
  };
  return {
    state: () => ask<PortalState>("/state"),
    credentials: () => ask<Credentials>("/credentials"),
    /** Uses a code of `ai-dock web` up; false where the code is none. */
    redeem: async (code: string) => (await ask<{ ok: boolean }>("/redeem", JSON.stringify({ code }))).ok,
    /** A request, or the JSON of one: PID 1 checks it. */
    act: (request: PortalActionRequest | string) =>
      ask<ActionReply>("/action", typeof request === "string" ? request : JSON.stringify(request)),
    /** Keeps the container from being idle: the JSON of a request, which PID 1 checks. */
    keep: (request: string) => ask<IdleState>("/idle", request),
    /** All logs, or those of some names with their times. */
    logs: (names: string[] = []) => ask<LogEntry[]>(`/logs?${nameQuery(names)}`),
    environment: () => ask<EnvironmentRow[]>("/environment"),
    provisioning: () => ask<Provisioning>("/provisioning"),
    metrics: () => ask<MetricFacts>("/metrics"),
    measures: () => ask<Measures>("/measures"),
    doctor: () => ask<DoctorRow[]>("/doctor"),
    ...portalStreamsAt(socket),
  };
}

export type PortalControl = ReturnType<typeof portalControlAt>;

function gone(error: unknown): AiDockError {
  const code: ErrorCode = "E_NO_SUPERVISOR";
  return new AiDockError(`The supervisor does not answer (${messageOf(error)})`, { code, cause: error });
}
