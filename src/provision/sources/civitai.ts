import { z } from "zod";
import { DownloadError } from "../download/error.ts";
import { safeName } from "../download/names.ts";
import { type Api, getJson, unexpected } from "./api.ts";
import type { Resolved, SourceFile } from "./source.ts";
import { civitaiEndpoint } from "./tokens.ts";

/** What `type`, `format`, `size` and `fp` of a download link choose among the files of a model version. */
const CHOICES = ["type", "format", "size", "fp"] as const;

/** What is of another type than expected counts as missing. */
const word = z.string().optional().catch(undefined);

const modelFile = z.object({
  name: word,
  sizeKB: z.number().optional().catch(undefined),
  type: word,
  primary: z.boolean().optional().catch(undefined),
  metadata: z.object({ format: word, size: word, fp: word }).optional().catch(undefined),
  hashes: z.object({ SHA256: word }).optional().catch(undefined),
});
type ModelFile = z.output<typeof modelFile>;

const modelVersion = z.object({ files: z.array(modelFile).default([]) });
const model = z.object({ modelVersions: z.array(z.object({ id: z.int() })).min(1) });

/** Asks for something of that shape. Throws DownloadError. */
async function ask<Shape extends z.ZodType>(api: Api, url: URL, shape: Shape): Promise<z.output<Shape>> {
  const read = shape.safeParse((await getJson(api, url)).value);
  if (!read.success) throw unexpected(url, "another answer");
  return read.data;
}

/** Resolves `civitai:MODELVERSION`, with the query of a download link if any. */
export async function resolveCivitai(text: string, api: Api): Promise<Resolved> {
  const [, version, query = ""] = /^(\d+)(?:\?(.*))?$/.exec(text) ?? [];
  if (version === undefined)
    throw new DownloadError(
      "source",
      `expected civitai:MODELVERSION, got "civitai:${text.replace(/\?.*/, "?…")}"`,
      { hint: "It is the number behind modelVersionId= in the address of the model's page" },
    );
  return await resolveVersion(civitaiEndpoint(api.env), version, new URLSearchParams(query), api);
}

/** Resolves a download link or the page of a model; undefined for any other URL of CivitAI. */
export async function resolveCivitaiUrl(url: URL, api: Api): Promise<Resolved | undefined> {
  const endpoint = new URL(url.origin);
  const [, linked] = /^\/api\/download\/models\/(\d+)\/?$/.exec(url.pathname) ?? [];
  if (linked !== undefined) return await resolveVersion(endpoint, linked, url.searchParams, api);
  const [, page] = /^\/models\/(\d+)(?:\/|$)/.exec(url.pathname) ?? [];
  if (page === undefined) return undefined;
  const version = url.searchParams.get("modelVersionId") ?? (await latestVersion(endpoint, page, api));
  return await resolveVersion(endpoint, version, new URLSearchParams(), api);
}

async function latestVersion(endpoint: URL, page: string, api: Api): Promise<string> {
  const url = new URL(`/api/v1/models/${page}`, endpoint);
  const { modelVersions } = await ask(api, url, model);
  return String(modelVersions[0]?.id);
}

async function resolveVersion(
  endpoint: URL,
  version: string,
  query: URLSearchParams,
  api: Api,
): Promise<Resolved> {
  if (!/^\d+$/.test(version))
    throw new DownloadError("source", `expected the number of a model version, got "${version}"`);
  const about = new URL(`/api/v1/model-versions/${version}`, endpoint);
  const { files } = await ask(api, about, modelVersion);
  const link = new URL(`/api/download/models/${version}`, endpoint);
  // A token in the link goes to the host as a header is not possible for it; messages never show a query.
  for (const [name, value] of query) link.searchParams.append(name, value);
  const file = choose(files, query);
  return { files: [{ url: link.href, ...describe(file) }], host: endpoint.host, isFolder: false };
}

/** The file that a link leads to, or undefined where that is not clear: the server names it then. */
function choose(files: ModelFile[], query: URLSearchParams): ModelFile | undefined {
  const wanted = CHOICES.filter((name) => query.has(name));
  if (wanted.length === 0)
    return files.find(({ primary }) => primary === true) ?? (files.length === 1 ? files[0] : undefined);
  const fitting = files.filter((file) =>
    wanted.every((name) => {
      const has = name === "type" ? file.type : file.metadata?.[name];
      return has?.toLowerCase() === query.get(name)?.toLowerCase();
    }),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

function describe(file: ModelFile | undefined): Omit<SourceFile, "url"> {
  const name = file?.name === undefined ? undefined : safeName(file.name);
  const size = (file?.sizeKB ?? Number.NaN) * 1024;
  const sha256 = /^[\da-f]{64}$/i.exec(file?.hashes?.SHA256 ?? "")?.[0]?.toLowerCase();
  return {
    ...(name === undefined ? {} : { name }),
    // Rounded figures are no sizes.
    ...(Number.isSafeInteger(size) ? { size } : {}),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}
