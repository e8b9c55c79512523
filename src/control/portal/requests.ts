import { AiDockError } from "../../errors.ts";
import type { PortalActionRequest } from "./protocol.ts";

// By hand: the schemas of these requests, which the API's document is made of, would cost PID 1 megabytes.

const LONGEST_CODE = 200;
const LONGEST_NAME = 512;
const MOST_NAMES = 1000;

/** Reads the body of `/action`. Throws AiDockError `E_BAD_REQUEST`. */
export async function readAction(request: Request): Promise<PortalActionRequest> {
  const { action, names } = await fieldsOf(request);
  if (action !== "start" && action !== "stop" && action !== "restart") throw notUnderstood();
  if (!Array.isArray(names) || names.length === 0 || names.length > MOST_NAMES) throw notUnderstood();
  return { action, names: names.map((name) => shortText(name, LONGEST_NAME)) };
}

/** Reads the body of `/redeem`: the code. Throws AiDockError `E_BAD_REQUEST`. */
export async function readCode(request: Request): Promise<string> {
  return shortText((await fieldsOf(request))["code"], LONGEST_CODE);
}

const LONGEST_KEEP_SECONDS = 30 * 86_400;

/** Reads the body of `/idle`: seconds from now, or null. Throws AiDockError `E_BAD_REQUEST`. */
export async function readKeep(request: Request): Promise<number | null> {
  const { seconds } = await fieldsOf(request);
  if (seconds === null) return null;
  if (typeof seconds !== "number" || !(seconds >= 1 && seconds <= LONGEST_KEEP_SECONDS))
    throw notUnderstood();
  return seconds;
}

async function fieldsOf(request: Request): Promise<Record<string, unknown>> {
  const given = await request.json().catch(() => undefined);
  if (typeof given !== "object" || given === null) throw notUnderstood();
  return given as Record<string, unknown>;
}

function shortText(value: unknown, longest: number): string {
  if (typeof value !== "string" || value === "" || value.length > longest) throw notUnderstood();
  return value;
}

function notUnderstood(): AiDockError {
  return new AiDockError("Cannot understand the request", { code: "E_BAD_REQUEST" });
}
