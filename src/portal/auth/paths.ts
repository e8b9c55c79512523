const BASE = "http://here";
/** Characters that browsers drop or take for a slash. */
const TREACHEROUS = /[\\\p{Cc}]/u;

/** A path and query of this host to send a browser to; `/` for anything that could lead elsewhere. */
export function safePath(text: string): string {
  if (!text.startsWith("/") || text.startsWith("//") || TREACHEROUS.test(text) || !URL.canParse(text, BASE))
    return "/";
  const { origin, pathname, search, hash } = new URL(text, BASE);
  // "/.//host" is read as "//host".
  return origin === BASE && !pathname.startsWith("//") ? pathname + search + hash : "/";
}
