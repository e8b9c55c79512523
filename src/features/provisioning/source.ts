import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Where a provisioning script comes from; `label` is safe to log. */
export type Source = { kind: "url"; url: URL; label: string } | { kind: "file"; path: string; label: string };

/** Reads PROVISIONING_SCRIPT or the argument of the command: a URL or a path. Undefined for other URLs. */
export function parseSource(text: string): Source | undefined {
  if (!/^[a-z][a-z\d+.-]*:/i.test(text)) return fileSource(resolve(text));
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol === "file:" && ["", "localhost"].includes(url.host)) {
    url.host = "";
    return fileSource(fileURLToPath(url));
  }
  if (!["http:", "https:"].includes(url.protocol)) return undefined;
  return { kind: "url", url, label: labelOf(url) };
}

const fileSource = (path: string): Source => ({ kind: "file", path, label: path });

/** Without user, password and query: the last is where signed links keep their secret. */
function labelOf(url: URL): string {
  return `${url.origin}${url.pathname}${url.search === "" ? "" : "?…"}`;
}
