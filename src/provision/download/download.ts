import { basename, dirname } from "node:path";
import type { Client } from "./connection.ts";
import { DownloadError } from "./error.ts";
import { label, servedUrl } from "./label.ts";
import { defaultLimits, type DownloadLimits } from "./limits.ts";
import { inheritedOwner, type OwnerOf } from "../ownership.ts";
import { borrowFolder } from "../rclone/shared.ts";
import { downloadOnce, type Order } from "./once.ts";
import { type DownloadProgress, Progress } from "./progress.ts";
import { openTargetDirectory, targetError } from "./target.ts";

export interface DownloadRequest {
  /** An http(s) URL, or `rclone:REMOTE:PATH`; tokens are never in it. A user and a password may be: they go to that host alone. */
  url: string;
  /** The absolute path of the file, or with a slash at its end of the directory, for the server's name. */
  target: string;
  /** In hexadecimal digits. Where the server tells it (Hugging Face), that counts else. */
  sha256?: string;
  size?: number;
  /**
   * The token for a host, with its port where that is not the usual one; asked again for each redirect. Never sent over
   * plain http but to this machine.
   */
  authorization(host: string): string | undefined;
  /** The variable that holds the token for a host, for messages. */
  tokenName?(host: string): string | undefined;
  /** Paths that no server may choose by a name, links resolved. */
  refuses?: (path: string) => boolean;
}

export interface DownloadOptions {
  signal: AbortSignal;
  onProgress?: (progress: DownloadProgress) => void;
  limits?: Partial<DownloadLimits>;
  /** Proxies (HTTPS_PROXY, …) and certificate authorities (SSL_CERT_FILE, …) come from here. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Whose the file is, and directories that are made for it; else of the owner of the directory around. */
  ownerOf?: OwnerOf;
}

export interface DownloadResult {
  path: string;
  size: number;
  /** When given or told by the server; else nobody knows the right one, and none is computed. */
  sha256?: string;
  etag?: string;
  /** The URL without user, password and query, for state and messages. */
  source: string;
  /** Bytes that came over the network now. */
  fetched: number;
}

/** Failures of a file that came whole but wrong: these are worth a second try from zero. */
const WRONG = new Set(["checksum", "size"]);

/**
 * Downloads one file, once and whole: to a hidden name beside the target, by several ranges at once where the server has
 * them, resumed where an earlier process ended, checked, then renamed. Throws DownloadError.
 */
export async function download(request: DownloadRequest, options: DownloadOptions): Promise<DownloadResult> {
  if (!request.url.startsWith("rclone:")) return await fetchTo(request, parse(request.url), options);
  // Behind the remote, a colon is a part of a name.
  const [, folder = "", name = ""] = /^rclone:(:?[^:/]*:(?:.*\/)?)([^/]+)$/s.exec(request.url) ?? [];
  if (name === "")
    throw new DownloadError("source", `expected rclone:REMOTE:PATH of a file, got "${request.url}"`);
  using served = await borrowFolder(folder, options.env ?? {}, options.signal);
  return await fetchTo(request, servedUrl(folder, name), options, served.socket);
}

async function fetchTo(
  request: DownloadRequest,
  url: URL,
  options: DownloadOptions,
  unix?: string,
): Promise<DownloadResult> {
  const isDirectory = request.target.endsWith("/");
  const path = isDirectory ? request.target : dirname(request.target);
  const { ownerOf = inheritedOwner } = options;
  using directory = openTargetDirectory(path, ownerOf);
  const client: Client = {
    authorization: (host) => request.authorization(host),
    env: options.env ?? {},
    timeoutSeconds: options.limits?.timeoutSeconds ?? defaultLimits.timeoutSeconds,
    signal: options.signal,
    isChecked: request.sha256 !== undefined,
    ...(unix === undefined ? {} : { unix }),
  };
  const order: Order = {
    url,
    directory,
    name: isDirectory ? undefined : fileName(request.target),
    sha256: request.sha256?.toLowerCase(),
    size: request.size,
    client,
    limits: { ...defaultLimits, ...options.limits },
    progress: new Progress(options.onProgress),
    tokenName: (host) => request.tokenName?.(host),
    refuses: request.refuses,
    ownerOf,
  };
  try {
    const { name, size, fetched, etag, sha256 } = await twice(order);
    return {
      path: `${path.replace(/\/$/, "")}/${name}`,
      size,
      fetched,
      ...(etag === undefined ? {} : { etag }),
      ...(sha256 === undefined ? {} : { sha256 }),
      source: label(url),
    };
  } catch (error) {
    if (options.signal.aborted)
      throw new DownloadError("aborted", `"${label(url)}": the download was interrupted`);
    throw targetError(
      error,
      path,
      "Free some space; what has come is kept, and the download goes on from there",
    );
  }
}

async function twice(order: Order) {
  try {
    return await downloadOnce(order);
  } catch (error) {
    if (!(error instanceof DownloadError) || !WRONG.has(error.code)) throw error;
    return await downloadOnce(order);
  }
}

function fileName(target: string): string {
  const name = basename(target);
  if (![".", ".."].includes(name) && !/[\0\n]/.test(name)) return name;
  throw new DownloadError("target", `target: expected the path of a file, got "${target}"`);
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && ["http:", "https:"].includes(url.protocol)) return url;
  const got = url === undefined ? "a text that is none" : `one with "${url.protocol}"`;
  throw new DownloadError("source", `expected an http(s) URL, got ${got}`);
}
