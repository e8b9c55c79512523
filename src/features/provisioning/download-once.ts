import { closeSync, openSync, writeSync } from "node:fs";
import { errnoOf, messageOf } from "../../errors.ts";

export interface Request {
  url: URL;
  /** Truncated first; holds a part of the body when the attempt fails. */
  file: string;
  proxy: string | undefined;
  authorities: string[];
  /** Milliseconds without a byte, headers included, after which the server counts as hung. */
  idle: number;
  signal: AbortSignal;
  onProgress: (bytes: number, total: number | undefined) => void;
}

export type Attempt =
  | { ok: true; bytes: number }
  | { ok: false; reason: string; retry: boolean; after?: number };

/** Statuses worth a retry, beside all of 5xx. */
const PASSING_STATUSES = new Set([408, 425, 429]);

/** Errors that no retry mends: certificates, redirect loops, a full or read-only disk. */
const LASTING_ERRORS = /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME|TooManyRedirects|ENOSPC|EDQUOT|EROFS/;

const MODE = 0o700;

/** Downloads once, following redirects; never throws. */
export async function downloadOnce(request: Request): Promise<Attempt> {
  using watchdog = idleWatchdog(request.idle);
  try {
    const response = await fetch(request.url, {
      signal: AbortSignal.any([request.signal, watchdog.signal]),
      // With compression Content-Length would not be the number of bytes for the progress; scripts are small.
      headers: { "accept-encoding": "identity" },
      tls: { ca: request.authorities },
      // Without this option Bun would use the proxy of the environment that PID 1 was started with.
      proxy: (request.proxy ?? false) as string,
    });
    watchdog.reset();
    const refusal = refuse(response);
    if (refusal !== undefined) return refusal;
    return { ok: true, bytes: await save(response, request, watchdog.reset) };
  } catch (error) {
    const reason = watchdog.signal.aborted ? `no byte for ${request.idle / 1000} s` : describe(error);
    return { ok: false, reason, retry: !LASTING_ERRORS.test(`${errnoOf(error)} ${reason}`) };
  }
}

function refuse(response: Response): Attempt | undefined {
  const { status } = response;
  if (!response.ok) {
    const retry = status >= 500 || PASSING_STATUSES.has(status);
    const after = Number(response.headers.get("retry-after") ?? Number.NaN);
    const wait = Number.isFinite(after) ? { after: after * 1000 } : {};
    return { ok: false, reason: `HTTP ${status} ${response.statusText}`.trim(), retry, ...wait };
  }
  if (/^(?:text\/html|application\/xhtml)/i.test(response.headers.get("content-type") ?? ""))
    return { ok: false, reason: "an HTML page", retry: false };
  return undefined;
}

async function save(response: Response, { file, onProgress }: Request, alive: () => void): Promise<number> {
  const length = response.headers.get("content-length");
  const total = length === null ? undefined : Number(length);
  const fd = openSync(file, "w", MODE);
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      alive();
      for (let written = 0; written < chunk.byteLength;) written += writeSync(fd, chunk, written);
      bytes += chunk.byteLength;
      onProgress(bytes, total);
    }
    return bytes;
  } finally {
    closeSync(fd);
  }
}

const words: Record<string, string> = {
  ECONNREFUSED: "a refused connection",
  ECONNRESET: "a connection that broke off",
  ENOTFOUND: "a host name that cannot be resolved",
  EPROTO: "a server that does not speak TLS",
  TooManyRedirects: "redirects without end",
};

/** Says what failed, without Bun's advice on its own options. */
function describe(error: unknown): string {
  const code = errnoOf(error) ?? "";
  const message = messageOf(error);
  if (LASTING_ERRORS.test(code) && /certificate/i.test(message)) return `an untrusted server (${message})`;
  return words[code] ?? message.replace(/ For more information, pass `verbose.*$/, "");
}

/** A signal that aborts after so many milliseconds without a `reset`. */
function idleWatchdog(milliseconds: number) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), milliseconds);
  return {
    signal: controller.signal,
    reset: () => void timer.refresh(),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
