import { z } from "zod";
import { DownloadError } from "../download/error.ts";
import { decodePercent } from "../download/names.ts";
import { type Api, getJson, unexpected } from "./api.ts";
import { relativeName } from "./relative-name.ts";
import type { Resolved, SourceFile } from "./source.ts";
import { hubEndpoint } from "./tokens.ts";

/** A place in a repository of Hugging Face. */
interface Place {
  endpoint: URL;
  /** Empty for models. */
  kind: "" | "datasets" | "spaces";
  repository: string;
  revision: string;
  /** A file, a folder with a slash at its end, a glob, or empty for all. */
  path: string;
}

const USAGE = "hf:OWNER/REPOSITORY[@REVISION][/PATH], with datasets/ or spaces/ in front of those";
const SOURCE = /^(?:(datasets|spaces)\/)?([\w.-]+\/[\w.-]+)(?:@([^/]+))?(?:\/(.*))?$/;
const GLOB = /[*?[{]/;

/** Resolves `hf:…`. One file needs no question to the hub; folders, globs and whole repositories are listed. */
export async function resolveHub(text: string, api: Api): Promise<Resolved> {
  const [, kind = "", repository, revision = "main", path = ""] = SOURCE.exec(text) ?? [];
  if (repository === undefined) throw new DownloadError("source", `expected ${USAGE}, got "hf:${text}"`);
  const endpoint = hubEndpoint(api.env);
  return await resolvePlace(
    { endpoint, kind: kind as Place["kind"], repository, revision: decodePercent(revision), path },
    api,
  );
}

const PAGE =
  /^\/(?:(datasets|spaces)\/)?([\w.-]+\/[\w.-]+)(?:\/(blob|resolve|raw|tree)\/([^/]+)(?:\/(.*))?)?\/?$/;

/** Resolves the address of a page, file or folder on the hub; undefined for any other URL of the hub. */
export async function resolveHubUrl(url: URL, api: Api): Promise<Resolved | undefined> {
  const [, kind = "", repository, view, revision = "main", path = ""] = PAGE.exec(url.pathname) ?? [];
  if (repository === undefined || /^(api|docs|blog|papers|collections)\//.test(repository)) return undefined;
  const isFolder = view === undefined || view === "tree";
  const below = decodePercent(path);
  const place = {
    endpoint: new URL(url.origin),
    kind: kind as Place["kind"],
    repository,
    revision: decodePercent(revision),
    path: isFolder && below !== "" && !below.endsWith("/") ? `${below}/` : below,
  };
  if (!isFolder && (below === "" || below.endsWith("/"))) return undefined;
  return isFolder ? await resolvePlace(place, api) : oneFile(place);
}

async function resolvePlace(place: Place, api: Api): Promise<Resolved> {
  const { path } = place;
  if (path !== "" && !path.endsWith("/") && !GLOB.test(path)) return oneFile(place);
  const glob = GLOB.test(path) ? new Bun.Glob(path) : undefined;
  const all = await list(place, api);
  const files = all.filter(({ name = "" }) =>
    glob === undefined ? name.startsWith(path) : glob.match(name),
  );
  if (files.length === 0)
    throw new DownloadError(
      "not-found",
      `"hf:${place.repository}": expected files at "${path}", got none among ${all.length}`,
      { hint: "In a glob, * stands for one part of the path, ** for any" },
    );
  return { files, host: place.endpoint.host, isFolder: true };
}

function oneFile(place: Place): Resolved {
  const name = relativeName(place.path.split("/").at(-1) ?? "");
  return { files: [{ url: fileUrl(place, place.path), name }], host: place.endpoint.host, isFolder: false };
}

function fileUrl({ endpoint, kind, repository, revision }: Place, path: string): string {
  const repo = kind === "" ? repository : `${kind}/${repository}`;
  return at(endpoint, `${repo}/resolve/${encodeURIComponent(revision)}/${encodePath(path)}`).href;
}

const at = (endpoint: URL, path: string) => new URL(`${endpoint.href.replace(/\/$/, "")}/${path}`);
const encodePath = (path: string) => path.split("/").map(encodeURIComponent).join("/");

/** An entry of a list; a folder has no size. */
const entrySchema = z.object({
  type: z.string(),
  path: z.string(),
  size: z.number().nullish(),
  /** Of git. */
  oid: z.string().nullish(),
  /** What large files are in, by their checksum. */
  lfs: z.object({ oid: z.string(), size: z.number() }).nullish(),
});

/** A file in the list of a repository. */
export type HubFile = z.output<typeof entrySchema> & { size: number };

/** Enough for a million files; a server may go on for ever. */
const MOST_PAGES = 1000;

/** The files of a list, page by page. Throws DownloadError. */
export async function* filesIn(api: Api, first: URL): AsyncGenerator<HubFile> {
  let url: URL | undefined = first;
  for (let pages = 0; url !== undefined; pages++) {
    if (pages === MOST_PAGES) throw unexpected(first, "a list without end");
    const { value, headers } = await getJson(api, url);
    const read = z.array(entrySchema).safeParse(value);
    if (!read.success) throw unexpected(url, "another answer");
    for (const { size, ...entry } of read.data) {
      if (entry.type !== "file") continue;
      if (typeof size !== "number") throw unexpected(url, "another answer");
      yield { ...entry, size };
    }
    url = nextPage(headers.get("link"), url);
  }
}

/** All files of a repository, with sizes, and the checksums of those in LFS. */
async function list(place: Place, api: Api): Promise<SourceFile[]> {
  const { endpoint, kind, repository, revision } = place;
  const tree = `api/${kind === "" ? "models" : kind}/${repository}/tree/${encodeURIComponent(revision)}`;
  const files: SourceFile[] = [];
  for await (const file of filesIn(api, at(endpoint, `${tree}?recursive=true`)))
    files.push(fileOf(place, file));
  return files;
}

function fileOf(place: Place, { path, size, lfs }: HubFile): SourceFile {
  const file = { url: fileUrl(place, path), name: relativeName(path) };
  if (!lfs) return { ...file, size };
  const sha256 = /^(?:sha256:)?([\da-f]{64})$/i.exec(lfs.oid)?.[1]?.toLowerCase();
  return { ...file, size: lfs.size, ...(sha256 === undefined ? {} : { sha256 }) };
}

/** The next page of a list (RFC 8288), on the same host. */
export function nextPage(header: string | null, from: URL): URL | undefined {
  const target = /<([^>]+)>\s*;[^,]*\brel="?next"?/.exec(header ?? "")?.[1];
  if (target === undefined || !URL.canParse(target, from.href)) return undefined;
  const url = new URL(target, from);
  return url.origin === from.origin && url.href !== from.href ? url : undefined;
}
