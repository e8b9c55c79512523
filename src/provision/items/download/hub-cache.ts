import { symlinkSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import { writeFileAtomic } from "../../../sys/fs.ts";
import { openTargetDirectory } from "../../download/target.ts";
import { type Api, getJson, unexpected } from "../../sources/api.ts";
import { filesIn } from "../../sources/hub.ts";
import { relativeName } from "../../sources/relative-name.ts";
import type { Resolved } from "../../sources/source.ts";
import { type Environment, hubEndpoint, tokensFrom } from "../../sources/tokens.ts";
import type { OwnerOf } from "../../ownership.ts";
import type { ItemContext } from "../context.ts";
import type { Target } from "./target.ts";

/** The files of a download in the cache of the hub's library. */
export interface Cached {
  targets: Target[];
  /** Writes which commit a branch is at: the library finds the files by that. */
  finish: () => void;
}

const FILE_URL = /^\/(?:(datasets|spaces)\/)?([\w.-]+)\/([\w.-]+)\/resolve\/([^/]+)\/(.+)$/;
const COMMIT = /^[\da-f]{40}$/;
const BLOB = /^[\da-f]{40,64}$/;

/** Where the hub's library, and what is built on it, looks for files. */
export function hubCache(env: Environment): string {
  const named = env["HF_HUB_CACHE"] ?? env["HUGGINGFACE_HUB_CACHE"];
  const home = env["HF_HOME"] ?? `${env["XDG_CACHE_HOME"] ?? `${env["HOME"] ?? "/root"}/.cache`}/huggingface`;
  return (named ?? `${home}/hub`).replace(/\/+$/, "");
}

/**
 * Where files of the hub go without a destination: blobs by their checksum, and links to them by commit and path, as the
 * hub's library keeps them. Undefined for files from elsewhere. Throws DownloadError.
 */
export async function cachedTargets(
  { files, host }: Resolved,
  env: Environment,
  { signal, ownerOf }: Pick<ItemContext, "signal" | "ownerOf">,
): Promise<Cached | undefined> {
  const endpoint = hubEndpoint(env);
  const parts = files.map(({ url }) => FILE_URL.exec(URL.canParse(url) ? new URL(url).pathname : ""));
  const [first] = parts;
  if (host !== endpoint.host || first === null || first === undefined) return undefined;
  const [, kind = "models", owner = "", repository = "", encoded = "main"] = first;
  const revision = decodeURIComponent(encoded);
  const api: Api = { env, tokens: tokensFrom(env), signal };
  const base = `${endpoint.href.replace(/\/$/, "")}/api/${kind}/${owner}/${repository}`;
  const commit = await commitOf(api, new URL(`${base}/revision/${encodeURIComponent(revision)}`));
  const paths = parts.map((part) => decodeURIComponent(part?.[5] ?? ""));
  const blobs = await blobsOf(api, `${base}/tree/${commit}`, new Set(paths.map((path) => dirname(path))));
  const folder = `${hubCache(env)}/${kind}--${owner}--${repository}`;
  const targets = files.map((file, index): Target => {
    const path = paths[index] ?? "";
    const blob = blobs.get(path);
    if (blob === undefined) throw unexpected(new URL(file.url), "none about this one");
    const sha256 = file.sha256 ?? (blob.name.length === 64 ? blob.name : undefined);
    return {
      // The very commit: the branch may move meanwhile.
      url: file.url.replace(`/resolve/${encoded}/`, `/resolve/${commit}/`),
      target: `${folder}/blobs/${blob.name}`,
      link: `${folder}/snapshots/${commit}/${relativeName(path)}`,
      size: blob.size,
      ...(sha256 === undefined ? {} : { sha256 }),
    };
  });
  const finish = () => {
    if (revision === commit) return;
    const ref = `${folder}/refs/${relativeName(revision)}`;
    using directory = openTargetDirectory(dirname(ref), ownerOf);
    writeFileAtomic(directory.at(basename(ref)), commit, 0o644, ownerOf(directory));
  };
  return { targets, finish };
}

async function commitOf(api: Api, url: URL): Promise<string> {
  const { value } = await getJson(api, url);
  const sha = typeof value === "object" && value !== null && "sha" in value ? value.sha : undefined;
  if (typeof sha === "string" && COMMIT.test(sha)) return sha;
  throw unexpected(url, "no commit");
}

/** Name and size of the blob of each file in some folders of a commit. */
async function blobsOf(api: Api, tree: string, folders: ReadonlySet<string>) {
  const blobs = new Map<string, { name: string; size: number }>();
  for (const folder of folders) {
    const path = folder === "." ? "" : `/${folder.split("/").map(encodeURIComponent).join("/")}`;
    const url = new URL(`${tree}${path}`);
    for await (const { path: at, size, oid, lfs } of filesIn(api, url)) {
      const name = lfs?.oid ?? oid ?? "";
      if (!BLOB.test(name)) throw unexpected(url, "another answer");
      blobs.set(at, { name, size: lfs?.size ?? size });
    }
  }
  return blobs;
}

/** Makes a relative link to a file, in place of whatever link has its name. */
export function linkTo(file: string, link: string, ownerOf: OwnerOf): void {
  using directory = openTargetDirectory(dirname(link), ownerOf);
  const temporary = `${directory.path}/.${basename(link)}.ai-dock-link`;
  rmSync(temporary, { force: true });
  symlinkSync(relative(dirname(link), file), temporary);
  renameSync(temporary, `${directory.path}/${basename(link)}`);
}
