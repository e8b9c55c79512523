import { DownloadError } from "../download/error.ts";
import { label } from "../download/label.ts";
import { safeName, urlName } from "../download/names.ts";
import { resolveRemote } from "../rclone/resolve.ts";
import type { Api } from "./api.ts";
import { resolveCivitai, resolveCivitaiUrl } from "./civitai.ts";
import { resolveHub, resolveHubUrl } from "./hub.ts";
import type { Resolved } from "./source.ts";
import {
  civitaiEndpoint,
  CIVITAI_ENDPOINT,
  type Environment,
  HF_ENDPOINT,
  hubEndpoint,
  tokensFrom,
} from "./tokens.ts";

const USAGE =
  "an http(s) URL, hf:OWNER/REPOSITORY[/PATH], civitai:MODELVERSION, rclone:REMOTE:PATH or s3://BUCKET/KEY";

/**
 * Turns the text of a source into files: URLs, names, and where the source tells them sizes and checksums. Hubs are asked
 * with the tokens of `env`. Throws DownloadError, whose message shows no secret.
 */
export async function resolveSource(
  source: string,
  env: Environment,
  signal: AbortSignal,
): Promise<Resolved> {
  const api: Api = { env, tokens: tokensFrom(env), signal };
  const [, scheme = "", rest = ""] = /^([a-z][a-z\d+.-]*):(.*)$/is.exec(source.trim()) ?? [];
  switch (scheme.toLowerCase()) {
    case "hf":
      return await resolveHub(rest, api);
    case "civitai":
      return await resolveCivitai(rest, api);
    case "rclone":
      return await resolveRemote(rest, env, signal);
    case "s3":
      return await resolveRemote(`:s3:${rest.replace(/^\/\//, "")}`, env, signal);
    case "http":
    case "https":
      return await resolveUrl(source.trim(), api);
    default:
      throw new DownloadError("source", `expected ${USAGE}, got "${source.replace(/[?@].*/s, "…")}"`);
  }
}

async function resolveUrl(text: string, api: Api): Promise<Resolved> {
  if (!URL.canParse(text))
    throw new DownloadError("source", `expected ${USAGE}, got a URL that cannot be read`);
  const url = new URL(text);
  if (isAt(url, hubEndpoint(api.env).href, HF_ENDPOINT, "https://hf.co")) {
    const resolved = await resolveHubUrl(url, api);
    if (resolved !== undefined) return resolved;
  }
  if (isAt(url, civitaiEndpoint(api.env).href, CIVITAI_ENDPOINT, "https://www.civitai.com")) {
    const resolved = await resolveCivitaiUrl(url, api);
    if (resolved !== undefined) return resolved;
  }
  const name = safeName(urlName(url) ?? "");
  if (name === undefined && url.pathname === "/" && url.search === "")
    throw new DownloadError("source", `expected the URL of a file, got that of a site: "${label(url)}"`);
  // The server may know a better name than the URL, which download asks for where none is given.
  return { files: [{ url: url.href }], host: url.host, isFolder: false };
}

function isAt(url: URL, ...places: string[]): boolean {
  return places.some((place) => new URL(place).origin === url.origin);
}
