import { accessSync, constants } from "node:fs";
import { ofetch } from "ofetch";
import type { z } from "zod";
import { AiDockError, errnoOf, ExitCode } from "../errors.ts";
import {
  actionReply,
  type ActionRequest,
  controlSocket,
  environmentReply,
  errorReply,
  healthReply,
  rpcReply,
  statusReply,
  updateReply,
} from "./protocol.ts";

/**
 * Talks to the supervisor of this container. Every call throws AiDockError `E_NO_SUPERVISOR` without one, or
 * when this user may not ask it.
 */
export const control = {
  status: () => call("/status", statusReply),
  health: () => call("/health", healthReply),
  environment: () => call("/environment", environmentReply),
  setEnvironment: (env: Record<string, string>) => call("/environment", environmentReply, { env }),
  act: (request: ActionRequest) => call("/action", actionReply, request),
  rpc: (method: string, params: unknown[]) => call("/rpc", rpcReply, { method, params }),
  update: () => call("/update", updateReply, {}),
};

async function call<Schema extends z.ZodType>(
  path: string,
  reply: Schema,
  body?: object,
): Promise<z.infer<Schema>> {
  const response = await ofetch
    .raw<unknown>(`http://ai-dock${path}`, {
      ...({ unix: controlSocket() } as object),
      ...(body ? { method: "POST", body } : {}),
      ignoreResponseError: true,
      retry: 0,
    })
    .catch((error: unknown) => {
      throw noSupervisor(error);
    });
  const failure = errorReply.safeParse(response._data);
  if (!response.ok && failure.success) throw new AiDockError(failure.data.error, { code: failure.data.code });
  return reply.parse(response._data);
}

function noSupervisor(cause: unknown): AiDockError {
  const options = { code: "E_NO_SUPERVISOR", exitCode: ExitCode.noSupervisor, cause };
  return isClosedToUs()
    ? new AiDockError("No access: the supervisor of this container may be used by root only", {
        ...options,
        hint: "Try docker exec --user 0",
      })
    : new AiDockError("No supervisor: ai-dock init is not running in this container", options);
}

/** True when a supervisor is there that this user may not ask. Asked afterwards: a failed connection does not tell why. */
export function isClosedToUs(): boolean {
  try {
    accessSync(controlSocket(), constants.R_OK | constants.W_OK);
    return false;
  } catch (error) {
    return errnoOf(error) === "EACCES";
  }
}
