import { DownloadError } from "./error.ts";
import { label } from "./label.ts";

/** This machine, and link-local addresses, where clouds answer for the machine's rights. */
const LOCAL =
  /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|0\.0\.0\.0|169\.254(?:\.\d+){2}|\[(?:::1?|fe[89ab].*|::ffff:(?:7f|a9fe).*)\])$/;

/**
 * The URL that a server redirects to. User and password stay behind where host or protocol change. Throws DownloadError for
 * what no redirect may lead to: other protocols; from elsewhere to this machine, whose services answer it alone; and from
 * https to plain http, unless a checksum tells what comes (`isChecked`).
 */
export function nextUrl(from: URL, location: string, isChecked: boolean): URL {
  const refuse = (expected: string, got: string, more: { hint?: string } = {}) =>
    new DownloadError("network", `"${label(from)}": expected a redirect to ${expected}, got ${got}`, more);
  if (!URL.canParse(location, from.href)) throw refuse("a URL", "another text");
  const url = new URL(location, from);
  if (!["http:", "https:"].includes(url.protocol)) throw refuse("http(s)", `"${url.protocol.slice(0, 20)}"`);
  if (LOCAL.test(url.hostname) && !LOCAL.test(from.hostname))
    throw refuse("another machine", `one to "${url.hostname}"`);
  if (from.protocol === "https:" && url.protocol === "http:" && !isChecked)
    throw refuse("https", `one to plain http on "${url.host}"`, {
      hint: "Give sha256, which tells whether what comes is right",
    });
  if (url.host !== from.host || url.protocol !== from.protocol) [url.username, url.password] = ["", ""];
  else if (url.username === "") [url.username, url.password] = [from.username, from.password];
  return url;
}
