import { redactUrls } from "../../env/redact.ts";
import { rcloneEnvironment } from "../../env/rclone.ts";
import { run } from "../../sys/run.ts";
import { findProgram } from "../../sys/which.ts";
import { DownloadError, type DownloadErrorCode } from "../download/error.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment that rclone gets: secrets come by it, never by argv, which every user can read. */
export function environmentFor(remote: string, env: Environment): Record<string, string> {
  const given = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const endpoint = given["AWS_ENDPOINT_URL_S3"] ?? given["AWS_ENDPOINT_URL"];
  const s3 = remote.startsWith(":s3:")
    ? {
        RCLONE_S3_ENV_AUTH: "true",
        RCLONE_S3_PROVIDER: endpoint === undefined ? "AWS" : "Other",
        ...(endpoint === undefined ? {} : { RCLONE_S3_ENDPOINT: endpoint }),
      }
    : {};
  return { ...s3, ...rcloneEnvironment(given) };
}

/** The words that start rclone. Throws DownloadError where it is not installed. */
export function rclone(env: Record<string, string>, ...words: string[]): string[] {
  if (findProgram("rclone", env["PATH"]) === undefined)
    throw new DownloadError("source", "rclone: expected it to be installed, got none in PATH");
  return ["rclone", ...words.slice(0, 1), "--ask-password=false", ...words.slice(1)];
}

/** Exit codes of rclone for a folder and a file that is not there. */
const NOT_FOUND = new Set([3, 4]);

/** Runs rclone to its end and returns what it printed. Throws DownloadError with its last words. */
export async function askRclone(remote: string, env: Environment, signal: AbortSignal, words: string[]) {
  const own = environmentFor(remote, env);
  const { code, stdout, stderr } = await run(rclone(own, ...words, "--", remote), { env: own, signal });
  if (signal.aborted) throw new DownloadError("aborted", `"rclone:${remote}": interrupted`);
  if (code === 0) return stdout;
  throw failure(remote, NOT_FOUND.has(code) ? "not-found" : "network", stderr);
}

/** The error of an rclone that ended, in its own last words. */
export function failure(remote: string, code: DownloadErrorCode, stderr: string): DownloadError {
  const last = stderr.trim().split("\n").at(-1) ?? "";
  const said = redactUrls(last.replace(/^[\d/]+ [\d:.]+ \w+\s*: /, ""));
  const bucket = /^:s3:(.*)$/s.exec(remote)?.[1];
  const shown = bucket === undefined ? `rclone:${remote}` : `s3://${bucket}`;
  return new DownloadError(code, `"${shown}": expected a file, got: ${said}`, {
    hint:
      bucket === undefined
        ? "See `rclone lsf` in the container; remotes come from RCLONE_CONFIG_… variables or rclone's configuration"
        : "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, and AWS_ENDPOINT_URL for another provider than AWS",
  });
}
