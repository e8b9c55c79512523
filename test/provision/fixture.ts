import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { download, type DownloadRequest } from "../../src/provision/download/download.ts";
import { DownloadError } from "../../src/provision/download/error.ts";
import type { DownloadLimits } from "../../src/provision/download/limits.ts";
import type { DownloadProgress } from "../../src/provision/download/progress.ts";

/** Short waits, for servers that misbehave on purpose. */
export const quick: Partial<DownloadLimits> = { timeoutSeconds: 5, attempts: 5, delaySeconds: 0.01 };

export interface Extra extends Partial<DownloadRequest> {
  limits?: Partial<DownloadLimits>;
  signal?: AbortSignal;
  env?: Record<string, string>;
  onProgress?: (progress: DownloadProgress) => void;
}

/** A folder to download to. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), "download-"));
  return {
    path,
    entries: () => readdirSync(path).toSorted(),
    read: (name: string) => new Uint8Array(readFileSync(join(path, name))),
    /** Downloads to `name`, or as the server names it where that is empty. */
    fetch: (url: string, name: string, extra: Extra = {}) => {
      const { limits, signal = new AbortController().signal, env, onProgress, ...request } = extra;
      return download(
        { url, target: `${path}/${name}`, authorization: () => undefined, ...request },
        {
          signal,
          limits: { ...quick, ...limits },
          ...(env === undefined ? {} : { env }),
          ...(onProgress === undefined ? {} : { onProgress }),
        },
      );
    },
  };
}

/** The DownloadError that a promise ends in. */
export async function failureOf(promise: Promise<unknown>): Promise<DownloadError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof DownloadError) return error;
    throw error;
  }
  throw new Error("expected a DownloadError, got none");
}
