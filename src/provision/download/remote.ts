import type { Client, Connection } from "./connection.ts";
import { DownloadError } from "./error.ts";
import { isHtml } from "./html.ts";
import { label } from "./label.ts";
import { dispositionName, safeName, urlName } from "./names.ts";
import { refuseStatus, type TokenName } from "./refuse.ts";
import { byteCount, request, type Told } from "./request.ts";
import { type Validator, validatorOf } from "./validator.ts";

/** A range of bytes to begin with, and the version that it has to be of. */
export interface FirstRange {
  offset: number;
  end: number;
  ifRange?: string | undefined;
}

/** What the first answer says about the file, and that answer's connection, whose body is still to be read. */
export interface Remote extends Validator {
  connection: Connection;
  /** The URL behind all redirects, where further ranges are asked for; it may expire. */
  location: URL;
  size: number | undefined;
  /** The bytes that the body has, or undefined for the whole file from a server without ranges. */
  range: { offset: number; end: number } | undefined;
  /** The server has ranges, though this answer is the whole file: it is another version than that of `ifRange`. */
  hasRanges: boolean;
  /** What the body is compressed with, against our wish. */
  encoding: string | undefined;
  contentType: string;
  name: string | undefined;
  told: Told;
}

/** Asks for the first range of a file. Throws PassingError and DownloadError. */
export async function ask(
  client: Client,
  url: URL,
  first: FirstRange,
  tokenName: TokenName,
): Promise<Remote> {
  const { offset, end, ifRange } = first;
  const headers = {
    range: `bytes=${offset}-${end - 1}`,
    ...(ifRange === undefined ? {} : { "if-range": ifRange }),
  };
  const answer = await request(client, url, headers);
  const { status } = answer.connection.response;
  // No byte there: an empty file, or one that has shrunk.
  if (status === 416) {
    answer.connection[Symbol.dispose]();
    return await askWhole(client, url, tokenName);
  }
  const remote = describe(answer.connection, answer.told, url, tokenName);
  if (remote.encoding === undefined && (status === 200 || remote.range?.offset === offset)) return remote;
  remote.connection[Symbol.dispose]();
  return await askWhole(client, url, tokenName, remote.encoding !== undefined);
}

/** Asks for the whole file. */
export async function askWhole(
  client: Client,
  url: URL,
  tokenName: TokenName,
  decompress = false,
): Promise<Remote> {
  const { connection, told } = await request(client, url, {}, decompress);
  return { ...describe(connection, told, url, tokenName), range: undefined, hasRanges: false };
}

function describe(connection: Connection, told: Told, start: URL, tokenName: TokenName): Remote {
  try {
    refuseStatus(connection, start, tokenName);
  } catch (error) {
    connection[Symbol.dispose]();
    throw error;
  }
  const { headers, status } = connection.response;
  const range = status === 206 ? contentRange(headers.get("content-range")) : undefined;
  const length = byteCount(headers.get("content-length"));
  const encoding = headers.get("content-encoding") ?? "";
  const name =
    dispositionName(headers.get("content-disposition")) ?? urlName(start) ?? urlName(connection.url);
  const isCoded = encoding !== "" && encoding.toLowerCase() !== "identity";
  const whole = isCoded || status === 206 ? undefined : length;
  return {
    ...validatorOf(headers),
    connection,
    location: connection.url,
    size: range?.size ?? whole,
    range,
    hasRanges: range !== undefined || /\bbytes\b/i.test(headers.get("accept-ranges") ?? ""),
    encoding: isCoded ? encoding : undefined,
    contentType: headers.get("content-type") ?? "",
    name: name === undefined ? undefined : safeName(name),
    told,
  };
}

/** More than file systems have in one file: 16 TiB. */
const MOST_BYTES = 2 ** 44;

/** The range of a 206 whose whole size is known (RFC 9110 14.4); undefined for anything else. */
export function contentRange(
  header: string | null,
): { offset: number; end: number; size: number } | undefined {
  const [, offset, last, size] = /^\s*bytes\s+(\d+)-(\d+)\/(\d+)\s*$/i.exec(header ?? "") ?? [];
  if (offset === undefined || last === undefined || size === undefined) return undefined;
  const whole = byteCount(size);
  const range = { offset: Number(offset), end: Number(last) + 1 };
  if (whole === undefined || whole > MOST_BYTES || range.end <= range.offset || range.end > whole)
    return undefined;
  return { ...range, size: whole };
}

const HTML_TYPE = /^(?:text\/html|application\/xhtml)/i;
const MAY_BE_HTML = /\.(?:x?html?|xht|php|aspx?|txt|md|vue|svelte|xml|svg|jinja2?|tmpl|tpl)$/i;

/** Throws for an HTML page in place of a file: by its type before it is read, by its first bytes else. */
export function refuseHtml(
  name: string,
  url: URL,
  seen: { contentType: string } | { head: string },
  login?: { location: URL; variable: string | undefined },
): void {
  if (MAY_BE_HTML.test(name)) return;
  const isPage = "head" in seen ? isHtml(seen.head) : HTML_TYPE.test(seen.contentType);
  if (!isPage) return;
  if (login !== undefined && /\/(?:login|signin)\b/.test(login.location.pathname)) {
    const hint = `Set ${login.variable ?? `a token for ${url.host}`}`;
    throw new DownloadError("unauthorized", `"${label(url)}": expected a file, got the page of a login`, {
      hint,
    });
  }
  throw new DownloadError("html", `"${label(url)}": expected "${name}", got an HTML page; it is not kept`, {
    hint: "Use the link to the file itself, not to the page that shows it",
  });
}
