import { AiDockError, errnoOf, messageOf } from "../../errors.ts";

/** What a check says of a program; `why` in words. */
export type Verdict =
  | { is: "alive" }
  | { is: "failing"; why: string }
  /** The check itself could not be made, which says nothing of the program. */
  | { is: "unknown"; why: string };

/** Thrown where a check cannot be made. */
export class CannotCheck extends Error {}

/** Errors of this machine, or of a name, and of no program. */
const NOT_ITS_FAULT = new Set([
  "EACCES",
  "EADDRNOTAVAIL",
  "EAGAIN",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "EMFILE",
  "ENETUNREACH",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
  "ENOTFOUND",
  "EPERM",
]);

const WORDS: Record<string, string> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
};

/** What an error says that a check ended by. */
export function verdictOf(error: unknown): Verdict {
  const code = errnoOf(error) ?? "";
  const isUnknown = error instanceof CannotCheck || error instanceof AiDockError || NOT_ITS_FAULT.has(code);
  return { is: isUnknown ? "unknown" : "failing", why: WORDS[code] ?? messageOf(error) };
}
