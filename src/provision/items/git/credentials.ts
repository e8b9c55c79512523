import { decodePercent } from "../../download/names.ts";

/** A URL of git, and what in it is secret. */
export interface Remote {
  /** Without user and password, which `ps` and the repository's configuration would show. */
  url: string;
  /** The credential for the host of the URL alone. */
  credential: { scope: string; user: string; password: string } | undefined;
}

/** Takes `user:password@` out of an http(s) URL; other URLs are as they are: the user of ssh is no secret. */
export function remoteOf(given: string): Remote {
  const url = /^https?:\/\//i.test(given) && URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || (url.username === "" && url.password === ""))
    return { url: given, credential: undefined };
  const [user, password] = [url.username, url.password].map(decodePercent);
  url.username = "";
  url.password = "";
  return {
    url: url.href,
    credential: { scope: url.origin, user: user ?? "", password: password ?? "" },
  };
}
