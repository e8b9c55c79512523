import { decodePercent } from "./names.ts";

/** Stands for the socket of a served remote, with `REMOTE:FOLDER/` in the fragment. */
const RCLONE_HOST = "rclone";

/** The URL of a file in a served folder of a remote. */
export function servedUrl(folder: string, name: string): URL {
  const url = new URL(`http://${RCLONE_HOST}/`);
  url.pathname = `/${encodeURIComponent(name)}`;
  url.hash = encodeURIComponent(folder);
  return url;
}

/** A URL without user, password, query and fragment, where signed links and CivitAI keep secrets; for messages and state. */
export function label(url: URL): string {
  const { protocol, host, pathname, search, hash } = url;
  if (host === RCLONE_HOST && hash !== "")
    return `rclone:${decodePercent(hash.slice(1))}${decodePercent(pathname.slice(1))}`;
  return `${protocol}//${host}${pathname}${search === "" ? "" : "?…"}`;
}
