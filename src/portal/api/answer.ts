import { AiDockError, type ErrorCode } from "../../errors.ts";
import type { Via } from "../auth/identify.ts";
import { originOf } from "../auth/origin.ts";
import { canChange, type Visitor } from "../auth/visitor.ts";
import { json } from "../http/respond.ts";
import { type ApiRequest, operationOf } from "./operations.ts";

const statuses: Partial<Record<ErrorCode, number>> = {
  E_BAD_REQUEST: 400,
  E_FORBIDDEN: 403,
  E_INTERNAL: 500,
  E_NOT_FOUND: 404,
  E_NO_SUCH_LOG: 404,
  E_NO_SUPERVISOR: 503,
};

/** Answers a request of the API. Whatever a page of another host has made a browser send changes nothing. */
export async function answerApi(
  visitor: Visitor,
  via: Via,
  { request, ...rest }: Omit<ApiRequest, "query">,
): Promise<Response> {
  if (canChange(visitor) && !mayChange(visitor, via))
    return failure(403, "The request does not come from a page of this host", "E_FORBIDDEN");
  const { pathname, searchParams } = new URL(request.url);
  const name = `${request.method} ${pathname}`;
  const operation = operationOf(name);
  if (operation === undefined) return failure(404, `No such operation: ${name}`, "E_NOT_FOUND");
  try {
    return await operation({ request, query: searchParams, ...rest });
  } catch (error) {
    if (!(error instanceof AiDockError)) throw error;
    return failure(statuses[error.code] ?? 409, error.message, error.code);
  }
}

/** A token has to be put on a request on purpose; browsers send the rest along with whatever page asks. */
function mayChange(visitor: Visitor, via: Via): boolean {
  if (via === "bearer") return true;
  const origin = originOf(visitor);
  // Browsers say where a request comes from; programs with a password of their own do not.
  return (
    origin === "same" || (origin === "unknown" && (via === "basic" || via === "token" || via === "open"))
  );
}

function failure(status: number, error: string, code: ErrorCode): Response {
  return json({ error, code }, status);
}
