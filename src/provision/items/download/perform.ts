import { statSync } from "node:fs";
import { formatBytes } from "../../../sys/disk.ts";
import { download } from "../../download/download.ts";
import { DownloadError } from "../../download/error.ts";
import type { DownloadLimits } from "../../download/limits.ts";
import type { DownloadProgress } from "../../download/progress.ts";
import { isReserved } from "../../manifest/reserved.ts";
import type { DownloadSpec } from "../../manifest/schema.ts";
import type { Resolved } from "../../sources/source.ts";
import { resolveSource } from "../../sources/resolve.ts";
import { tokensFrom } from "../../sources/tokens.ts";
import { fingerprintOf, type ItemRecord, type RecordedFile } from "../../state/record.ts";
import type { ItemContext, Perform, Planner } from "../context.ts";
import { askSize } from "./ask-size.ts";
import { type Cached, cachedTargets, hubCache, linkTo } from "./hub-cache.ts";
import { type Target, targetsOf } from "./target.ts";

const CONNECTIONS = 16;
const BUSY_MILLISECONDS = 1000;

/** Downloads what the source consists of, but not what a record says is there. */
export const performDownload: Perform<"download"> = async (item, context) => {
  const { spec } = item;
  const key = keyOf(spec, item.id, context);
  const fingerprint = fingerprintOf([spec.url, spec.dest, spec.sha256, spec.size]);
  return context.stores.alone(key, context, async () => {
    const record = context.stores.get(key);
    if (isCurrent(record, fingerprint)) return { state: "unchanged", detail: sizeOf(record?.files ?? []) };
    const resolved = await resolveSource(spec.url, sourceEnvironment(context), context.signal);
    const { targets, finish } = await placesOf(spec, resolved, context);
    const { files, fetched } = await downloadAll(
      targets,
      !resolved.isFolder && spec.dest?.endsWith("/") === false,
      context,
    );
    finish();
    context.stores.set(key, { fingerprint, source: item.label, files, at: new Date().toISOString() });
    const detail = sizeOf(files);
    return fetched === 0 ? { state: "unchanged", detail } : { state: "done", detail };
  });
};

export const planDownload: Planner<"download"> = async (item, context) => {
  const { spec } = item;
  const record = context.stores.get(keyOf(spec, item.id, context));
  if (isCurrent(record, fingerprintOf([spec.url, spec.dest, spec.sha256, spec.size])))
    return { action: "unchanged", detail: sizeOf(record?.files ?? []) };
  const resolved = await resolveSource(spec.url, sourceEnvironment(context), context.signal);
  const { targets } = await placesOf(spec, resolved, context);
  const sizes = await Promise.all(targets.map(async (target) => sizeToCome(target, context)));
  const bytes = sizes.every((size) => size !== undefined)
    ? sizes.reduce((sum, size) => sum + size, 0)
    : undefined;
  return { action: "do", ...(bytes === undefined ? {} : { bytes }) };
};

/** Hubs and remotes have told it with the name; another server is asked. */
async function sizeToCome({ url, size }: Target, context: ItemContext): Promise<number | undefined> {
  if (size !== undefined || !/^https?:/i.test(url)) return size;
  const tokens = tokensFrom(sourceEnvironment(context));
  return context.lanes.run("download", async () => askSize(url, tokens, context));
}

/** Where the files go: to the destination, or into the cache of Hugging Face. */
async function placesOf(spec: DownloadSpec, resolved: Resolved, context: ItemContext): Promise<Cached> {
  const cached =
    spec.dest === undefined ? await cachedTargets(resolved, sourceEnvironment(context), context) : undefined;
  return cached ?? { targets: targetsOf(spec, resolved), finish: () => undefined };
}

async function downloadAll(targets: Target[], isNamed: boolean, context: ItemContext) {
  const refuses = isNamed ? {} : { refuses: isReserved(context.env) };
  const tokens = tokensFrom(sourceEnvironment(context));
  const all = new Map<string, DownloadProgress>();
  const onProgress = (url: string) => (progress: DownloadProgress) => {
    all.set(url, progress);
    context.onProgress(sumOf([...all.values()], targets));
  };
  // Where one file fails, the others of the source go on to their end: nothing runs on behind a failed item.
  const settled = await Promise.allSettled(
    targets.map(async (target) =>
      context.lanes.run("download", async () =>
        whenFree(context, async () =>
          download(
            {
              ...target,
              ...refuses,
              authorization: (host) => tokens.authorization(host),
              tokenName: (host) => tokens.tokenName(host),
            },
            {
              signal: context.signal,
              onProgress: onProgress(target.url),
              limits: limitsOf(context.settings),
              env: context.env,
              ownerOf: context.ownerOf,
            },
          ),
        ),
      ),
    ),
  );
  for (const one of settled) if (one.status === "rejected") throw one.reason;
  const ended = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const files = ended.map(({ path: file, size, sha256, etag }, index): RecordedFile => {
    const { link } = targets[index] ?? {};
    if (link !== undefined) linkTo(file, link, context.ownerOf);
    return recordOf(link ?? file, size, sha256, etag);
  });
  return { files, fetched: ended.reduce((sum, { fetched }) => sum + fetched, 0) };
}

/** What the manifest says of connections and tries; the downloader knows the rest. */
function limitsOf({ concurrency, retry }: ItemContext["settings"]): Partial<DownloadLimits> {
  return {
    connections: concurrency?.connections ?? CONNECTIONS,
    ...(retry?.max_attempts === undefined ? {} : { attempts: retry.max_attempts }),
    ...(retry?.initial_delay === undefined ? {} : { delaySeconds: retry.initial_delay }),
  };
}

function recordOf(path: string, size: number, sha256?: string, etag?: string): RecordedFile {
  return {
    path,
    size,
    modified: statSync(path).mtimeMs,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(etag === undefined ? {} : { etag }),
  };
}

/** Another container, or an earlier run, downloads the same file: its end is waited for, and the file is found then. */
async function whenFree<Result>(
  { signal, log }: ItemContext,
  action: () => Promise<Result>,
): Promise<Result> {
  for (let isTold = false; ; isTold = true) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof DownloadError) || error.code !== "busy") throw error;
      if (!isTold) log.info("another process downloads this file; waiting for its end");
      await Bun.sleep(BUSY_MILLISECONDS);
      signal.throwIfAborted();
    }
  }
}

/** One progress for all files: a total only where that of each file is known. */
function sumOf(list: DownloadProgress[], targets: readonly Target[]): DownloadProgress {
  const sum = (of: (progress: DownloadProgress) => number) =>
    list.reduce((all, progress) => all + of(progress), 0);
  const told = targets.reduce<number | undefined>(
    (all, { size }) => (all === undefined || size === undefined ? undefined : all + size),
    0,
  );
  const known = list.length === targets.length && list.every(({ total }) => total !== undefined);
  return {
    received: sum(({ received }) => received),
    total: told ?? (known ? sum(({ total }) => total ?? 0) : undefined),
    resumedFrom: sum(({ resumedFrom }) => resumedFrom),
  };
}

/** A file that was changed or removed since makes the record void; a file of the user's is then not replaced blindly. */
function isCurrent(record: ItemRecord | undefined, fingerprint: string): boolean {
  if (record?.fingerprint !== fingerprint || record.files === undefined) return false;
  return record.files.every(({ path, size, modified }) => {
    const info = statSync(path, { throwIfNoEntry: false });
    return info?.isFile() === true && info.size === size && info.mtimeMs === modified;
  });
}

/** `auth` of a manifest may name other variables for the tokens than the usual ones. */
function sourceEnvironment({ env, auth, user }: ItemContext): Record<string, string | undefined> {
  const token = (usual: string, name: string | undefined) =>
    name === undefined || name === usual ? {} : { [usual]: env[name] };
  return {
    ...env,
    ...(user === undefined ? {} : { HOME: user.home }),
    ...token("HF_TOKEN", auth?.huggingface?.token_env),
    ...token("CIVITAI_TOKEN", auth?.civitai?.token_env),
  };
}

/** A file by its path; what the server names, by its folder and the item. */
function keyOf({ dest }: DownloadSpec, id: string, context: ItemContext): string {
  if (dest !== undefined && !dest.endsWith("/")) return `download:${dest}`;
  return `download:${dest ?? `${hubCache(sourceEnvironment(context))}/`}#${id}`;
}

const sizeOf = (files: readonly RecordedFile[]) =>
  formatBytes(files.reduce((sum, { size }) => sum + size, 0));
