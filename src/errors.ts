/** Exit codes of every command, as in docs/commands.md. CMD's own code, 126, 127 and 128+n pass through. */
export const ExitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  notRunning: 3,
  noSupervisor: 4,
  partly: 6,
  configuration: 78,
} as const;

/** Exit codes that shells give to a command that cannot run, and to one that SIGKILL ended. */
export const ShellCode = { notExecutable: 126, notFound: 127, killed: 137 } as const;

/** Stable identifiers of errors, for scripts, clients of the control socket and tests. */
export const errorCodes = [
  "E_BAD_REQUEST",
  "E_BAD_SIGNAL",
  "E_BOOTING",
  "E_COMMAND_NOT_EXECUTABLE",
  "E_COMMAND_NOT_FOUND",
  "E_FAILURE",
  "E_FORBIDDEN",
  "E_INTERNAL",
  "E_NOT_FOUND",
  "E_NO_ACCESS",
  "E_NO_SUCH_LOG",
  "E_NO_SUCH_PROGRAM",
  "E_NO_SUPERVISOR",
  "E_PREFLIGHT",
  "E_PROVISIONING",
  "E_STOPPING",
  "E_USAGE",
  "E_WORKSPACE",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface AiDockErrorOptions {
  /** `E_FAILURE` unless given. */
  code?: ErrorCode;
  /** What the user can do about it, one line. */
  hint?: string;
  exitCode?: number;
  cause?: unknown;
}

/** The one error class whose message is meant for the user; anything else that is thrown is a bug. */
export class AiDockError extends Error {
  override readonly name = "AiDockError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(message: string, options: AiDockErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = options.code ?? "E_FAILURE";
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? ExitCode.failure;
  }
}

/** The message of anything that can be thrown, in one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s*\n\s*/g, " ");
}

/** The errno name (`ENOENT`) of a system error, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
