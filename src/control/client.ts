import { accessSync, constants, existsSync } from "node:fs";
import { type FetchOptions, FetchError, ofetch } from "ofetch";
import { z } from "zod";
import { AiDockError, errnoOf, ExitCode } from "../errors.ts";
import type { Measures, MetricFacts } from "./metric-facts.ts";
import {
  actionReply,
  environmentReply,
  errorReply,
  healthReply,
  idleReply,
  rpcReply,
  statusReply,
  updateReply,
  webReply,
} from "./replies.ts";
import type { ActionRequest, EnvironmentChanges } from "./requests.ts";
import { controlSocket, isInSharedMemory } from "../sys/runtime-directory.ts";

/** How often a read is repeated: connect() fails with EAGAIN while many clients fill the backlog of the socket. */
const RETRIES = 5;
const RETRY_MILLISECONDS = 40;
/** ofetch counts a failed connection as this status. */
const CONNECTION_FAILED = 500;

/**
 * Talks to the supervisor at a socket. Every call throws AiDockError: `E_NO_SUPERVISOR` where none answers or this
 * user may not ask, else with the code of the supervisor's refusal.
 */
export function controlAt(socketOf: () => string) {
  const call = async <Schema extends z.ZodType>(path: string, reply: Schema, body?: object) => {
    const socket = socketOf();
    if (isInSharedMemory(socket)) await refuseOtherContainer(socket);
    // Requests that change something are sent once. Without a socket there is no supervisor to wait for.
    const retry = body === undefined && existsSync(socket) ? RETRIES : 0;
    const options: FetchOptions<"json"> = {
      ...({ unix: socket } as object),
      ...(body ? { method: "POST", body } : {}),
      retry,
      retryDelay: RETRY_MILLISECONDS,
      retryStatusCodes: [CONNECTION_FAILED],
    };
    const answer = await ofetch<unknown>(`http://ai-dock${path}`, options).catch((error: unknown) => {
      throw explain(error, socket);
    });
    return reply.parse(answer);
  };
  return {
    status: () => call("/status", statusReply),
    health: () => call("/health", healthReply),
    environment: () => call("/environment", environmentReply),
    /** Resolves to the whole environment after the change. */
    changeEnvironment: (changes: EnvironmentChanges) => call("/environment", environmentReply, changes),
    act: (request: ActionRequest) => call("/action", actionReply, request),
    rpc: (method: string, params: unknown[]) => call("/rpc", rpcReply, { method, params }),
    web: () => call("/web", webReply),
    setWebCredentials: (user: string, password: string) => call("/web", z.object({}), { user, password }),
    idle: () => call("/idle", idleReply),
    /** For so many seconds the container is not idle; null ends that. */
    keep: (seconds: number | null) => call("/idle", idleReply, { seconds }),
    /** As they are: the supervisor runs the same executable. */
    metrics: () => call("/metrics", z.custom<MetricFacts>()),
    measures: () => call("/measures", z.custom<Measures>()),
    update: () => call("/update", updateReply, {}),
  };
}

/** The supervisor of this container. */
export const control = controlAt(controlSocket);

/** In memory that containers share, the socket may be another container's. Throws AiDockError then. */
async function refuseOtherContainer(socket: string): Promise<void> {
  // Most clients need nothing of libc, which takes milliseconds to load.
  const { listenerPid } = await import("../sys/sockets.ts");
  if (listenerPid(socket) === 0)
    throw explain(new Error(`"${socket}" belongs to a process of another container`), socket);
}

/** A refusal in the supervisor's own words, or why there is no answer. */
function explain(error: unknown, socket: string): AiDockError {
  if (error instanceof FetchError && error.status !== undefined) {
    const { data } = errorReply.safeParse(error.data);
    if (data === undefined) return new AiDockError(`The supervisor answers with HTTP status ${error.status}`);
    const { code, hint } = data;
    return new AiDockError(data.error, { code, ...(hint === undefined ? {} : { hint }), cause: error });
  }
  const options = {
    code: "E_NO_SUPERVISOR",
    exitCode: ExitCode.noSupervisor,
    cause: error,
  } as const;
  return isClosedToUs(socket)
    ? new AiDockError("No access: the supervisor of this container may be used by root only", {
        ...options,
        hint: "Try docker exec --user 0",
      })
    : new AiDockError("No supervisor: ai-dock init is not running in this container", options);
}

/** True when this user may not use the socket: the error of a failed connection does not say so. */
export function isClosedToUs(socket = controlSocket()): boolean {
  try {
    accessSync(socket, constants.R_OK | constants.W_OK);
    return false;
  } catch (error) {
    return errnoOf(error) === "EACCES";
  }
}
