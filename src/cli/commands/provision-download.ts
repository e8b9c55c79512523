import { join, resolve } from "node:path";
import { AiDockError, ExitCode } from "../../errors.ts";
import { download, type DownloadResult } from "../../provision/download/download.ts";
import { DownloadError } from "../../provision/download/error.ts";
import { isReserved } from "../../provision/manifest/reserved.ts";
import { resolveSource } from "../../provision/sources/resolve.ts";
import type { SourceFile } from "../../provision/sources/source.ts";
import { tokensFrom } from "../../provision/sources/tokens.ts";
import { formatBytes } from "../../sys/disk.ts";
import { usageError } from "../command.ts";
import { effectiveEnvironment } from "../effective-environment.ts";
import { note, print } from "../print.ts";

const NOTE_MILLISECONDS = 5000;

/** `ai-dock provision download SOURCE TARGET`: one source, now, as a manifest would have it downloaded. */
export async function downloadNow(words: (string | undefined)[]): Promise<number> {
  const [source, target, ...more] = words;
  if (source === undefined || target === undefined || more.length > 0)
    throw usageError("ai-dock provision", "expected download SOURCE TARGET");
  const { env } = await effectiveEnvironment();
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => controller.abort());
  const { signal } = controller;
  try {
    const { files, isFolder } = await resolveSource(source, env, signal);
    // Its own slash tells a directory from a file.
    const place = isFolder || target.endsWith("/") ? `${resolve(target)}/` : resolve(target);
    for (const file of files) tell(await fetchFile(file, place, env, signal));
    return ExitCode.ok;
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    throw new AiDockError(error.message, {
      code: "E_PROVISIONING",
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}

async function fetchFile(
  { url, name, size, sha256 }: SourceFile,
  place: string,
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<DownloadResult> {
  let last = performance.now();
  return await download(
    {
      url,
      target: place.endsWith("/") && name !== undefined ? join(place, name) : place,
      ...tokensFrom(env),
      ...(place.endsWith("/") ? { refuses: isReserved(env) } : {}),
      ...(size === undefined ? {} : { size }),
      ...(sha256 === undefined ? {} : { sha256 }),
    },
    {
      signal,
      env,
      onProgress({ received, total }) {
        if (performance.now() - last < NOTE_MILLISECONDS) return;
        last = performance.now();
        const of = total === undefined ? "" : ` of ${formatBytes(total)}`;
        note(`${formatBytes(received)}${of}`);
      },
    },
  );
}

function tell({ path, size, sha256, fetched }: DownloadResult): void {
  const checked = sha256 === undefined ? "" : `, sha256 ${sha256}`;
  print(
    `${path}: ${formatBytes(size)}${checked}, ${fetched === 0 ? "there already" : `${formatBytes(fetched)} fetched`}`,
  );
}
