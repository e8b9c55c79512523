/** NAME_MAX of Linux file systems, in bytes. */
const LONGEST = 255;

/**
 * The file name of a Content-Disposition header (RFC 6266): `filename*` (RFC 5987) before `filename`. Undefined where
 * there is none or it cannot be decoded.
 */
export function dispositionName(header: string | null): string | undefined {
  if (header === null) return undefined;
  const parameters = new Map<string, string>();
  for (const [, name = "", quoted, plain] of header.matchAll(PARAMETER)) {
    const value = quoted === undefined ? (plain ?? "").trim() : quoted.replaceAll(/\\(.)/g, "$1");
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value);
  }
  return decodeExtended(parameters.get("filename*")) ?? decodePlain(parameters.get("filename"));
}

const PARAMETER = /;\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g;

function decodeExtended(value: string | undefined): string | undefined {
  const [, charset, encoded] = /^([\w-]+)'[^']*'(.*)$/.exec(value ?? "") ?? [];
  if (charset === undefined || encoded === undefined) return undefined;
  try {
    if (charset.toLowerCase() === "utf-8") return decodeURIComponent(encoded);
    if (charset.toLowerCase() !== "iso-8859-1") return undefined;
    return encoded.replaceAll(/%([\da-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  } catch {
    return undefined;
  }
}

/** Servers send UTF-8 as it is, which HTTP reads as Latin-1, or percent-encoded. */
function decodePlain(value: string | undefined): string | undefined {
  if (value === undefined || value === "") return undefined;
  const bytes = Buffer.from(value, "latin1");
  const utf8 = bytes.toString("utf8");
  const text = bytes.toString("latin1") === value && !utf8.includes("\uFFFD") ? utf8 : value;
  return /%[\da-f]{2}/i.test(text) ? decodePercent(text) : text;
}

/** The last segment of a URL's path. */
export function urlName(url: URL): string | undefined {
  const segment = url.pathname.split("/").at(-1) ?? "";
  return segment === "" ? undefined : decodePercent(segment);
}

/** Decodes %XX; a text that is not encoded properly stays as it is. */
export function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * A name from a server as a file name: its last path component, without control characters, leading dots and blanks at
 * the ends, at most 255 bytes with its extension kept. Undefined when nothing remains.
 */
export function safeName(name: string): string | undefined {
  const last = name.split(/[/\\]/).at(-1) ?? "";
  const clean = last
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\uFFFD]/gu, "")
    .replaceAll(/[<>:"|?*]/g, "_")
    .replace(/^[.\s]+/, "")
    .trimEnd();
  return clean === "" ? undefined : shorten(clean);
}

function shorten(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST) return name;
  const extension = /\.\w{1,16}$/.exec(name)?.[0] ?? "";
  const stem = Buffer.from(name)
    .subarray(0, LONGEST - extension.length)
    .toString();
  // The character in the middle of which that ends.
  return stem.replace(/\uFFFD$/, "") + extension;
}

/** The hidden names beside a target while its file is not whole. */
export function partNames(name: string): { part: string; journal: string } {
  const suffixes = { part: ".ai-dock-part", journal: ".ai-dock-journal" };
  const room = LONGEST - 1 - suffixes.journal.length;
  const digest = Bun.hash(name).toString(16);
  const stem = Buffer.byteLength(name) <= room ? name : `${Array.from(name).slice(0, 32).join("")}.${digest}`;
  return { part: `.${stem}${suffixes.part}`, journal: `.${stem}${suffixes.journal}` };
}
