/** Why a download failed; stable, for exit codes, tests and state. */
export type DownloadErrorCode =
  | "aborted"
  | "busy"
  | "checksum"
  | "empty"
  | "forbidden"
  | "forbidden-gated"
  | "html"
  | "name"
  | "network"
  | "no-space"
  | "not-found"
  | "rate-limited"
  | "read-only"
  | "size"
  | "source"
  | "target"
  | "token-invalid"
  | "unauthorized";

/** A failed download or source. Message and hint are meant for the user and hold no secret. */
export class DownloadError extends Error {
  override readonly name = "DownloadError";
  readonly code: DownloadErrorCode;
  /** What the user can do about it, one line. */
  readonly hint: string | undefined;

  constructor(code: DownloadErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** A failure that another attempt may mend: a cut, a stall, a busy server. */
export class PassingError extends Error {
  /** HTTP status, or undefined where there was no answer. */
  readonly status: number | undefined;
  /** Milliseconds that the server asks to wait (Retry-After). */
  readonly after: number | undefined;

  constructor(message: string, options: { status?: number; after?: number | undefined } = {}) {
    super(message);
    this.status = options.status;
    this.after = options.after;
  }
}

/** The server has another file now than the one begun. */
export class ChangedError extends Error {
  constructor() {
    super("another file than the one begun");
  }
}
