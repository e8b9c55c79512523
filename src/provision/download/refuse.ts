import type { Connection } from "./connection.ts";
import { retryAfter } from "./backoff.ts";
import { DownloadError, type DownloadErrorCode, PassingError } from "./error.ts";
import { label } from "./label.ts";

/** Statuses that another attempt may mend, beside all of 5xx. */
const PASSING = new Set([408, 421, 425, 429]);
const LONGEST_MESSAGE = 200;

/** The name of the variable that holds the token for a host, for hints. */
export type TokenName = (host: string) => string | undefined;

/**
 * Throws what an answer other than a file means: PassingError, or DownloadError with what to set. `tokenName` is asked
 * about the host of `start`, the URL that the user knows.
 */
export function refuseStatus(connection: Connection, start: URL, tokenName: TokenName): void {
  const { response, sentSecret } = connection;
  const { status, headers } = response;
  if (response.ok) return;
  if (status >= 500 || PASSING.has(status))
    throw new PassingError(`HTTP ${status}`, { status, after: retryAfter(headers.get("retry-after")) });
  const said = { name: headers.get("x-error-code") ?? "", text: clean(headers.get("x-error-message")) };
  const variable = tokenName(start.host);
  if (connection.withheldSecret && (status === 401 || status === 403))
    throw new DownloadError(
      "unauthorized",
      `"${label(start)}": expected a file, got HTTP ${status}: ${variable ?? "the token"} is not sent over plain http`,
      { hint: "Use https" },
    );
  const { code, got, hint } = explain(status, said, sentSecret, variable, start);
  const told = said.text === "" ? "" : ` (${said.text})`;
  throw new DownloadError(code, `"${label(start)}": expected a file, got ${got}${told}`, { hint });
}

interface Refusal {
  code: DownloadErrorCode;
  got: string;
  hint: string;
}

function explain(
  status: number,
  said: { name: string; text: string },
  sentSecret: boolean,
  variable: string | undefined,
  start: URL,
): Refusal {
  const isGated = said.name === "GatedRepo" || /\bgated\b|restricted/i.test(said.text);
  const token = variable ?? `a token for ${start.host}`;
  const page = pageOf(start);
  if (status === 404 || status === 410) {
    const hint = {
      EntryNotFound: "Check the path of the file in the repository",
      RevisionNotFound: "Check the branch, tag or commit",
      RepoNotFound: `Check owner and name; for a private repository, set ${token}`,
    }[said.name];
    const other =
      variable === undefined ? "Check the URL" : `Check the URL; what is private needs ${variable}`;
    return { code: "not-found", got: `HTTP ${status}: not there`, hint: hint ?? other };
  }
  if (isGated && sentSecret)
    return {
      code: "forbidden-gated",
      got: `HTTP ${status}: gated, and ${variable ?? "the token"} has no access`,
      hint: `Ask for access at ${page} with the account of ${variable ?? "the token"}; a fine-grained token must allow gated repositories`,
    };
  if (status === 401 && sentSecret)
    return {
      code: "token-invalid",
      got: `HTTP 401: ${variable ?? "the token or password"} is not valid`,
      hint: `Set ${token} to a valid one: it may be mistyped, expired or revoked`,
    };
  if (status === 401 && variable === undefined && !isGated)
    return {
      code: "unauthorized",
      got: "HTTP 401: a login is needed",
      hint: "Put it into the URL: https://USER:PASSWORD@HOST/…",
    };
  if (status === 401 || isGated)
    return {
      code: "unauthorized",
      got: `HTTP ${status}: ${isGated ? "gated" : "a login is needed"}, and ${variable ?? "a token"} is not set`,
      hint: isGated
        ? `Accept the terms at ${page}, and set ${token} to a token of that account`
        : `Set ${token}; a repository that is not there gets the same answer`,
    };
  if (status === 403)
    return {
      code: "forbidden",
      got: "HTTP 403: refused",
      hint: sentSecret ? `${variable ?? "The token"} may not read that file` : `It may need ${token}`,
    };
  return { code: "network", got: `HTTP ${status}`, hint: "Check the URL" };
}

/** The page of a repository for a URL of one of its files. */
function pageOf(url: URL): string {
  const [, page] =
    /^(?:\/api(?:\/models)?)?(\/(?:datasets\/|spaces\/)?[^/]+\/[^/]+)\/(?:resolve|tree)\//.exec(
      url.pathname,
    ) ?? [];
  return `${url.origin}${page ?? "/"}`;
}

/** A server's own words, in one line and without what may be a secret. */
function clean(text: string | null): string {
  return (text ?? "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\p{C}/gu, "")
    .replaceAll(/(https?:\/\/[^\s?]*)\?\S*/g, "$1")
    .replaceAll(/\bhf_\w+/g, "[redacted]")
    .trim()
    .slice(0, LONGEST_MESSAGE);
}
