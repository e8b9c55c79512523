import { schema } from "./schema.ts";
import type { Variable } from "./types.ts";

export const REDACTED = "[redacted]";

/** Shorter values would blank out ordinary words. */
const SHORTEST_SECRET = 6;

/** Parts of names that programs and clouds give to secrets. */
const secretName = new RegExp(
  [
    "TOKEN(?!IZER)|PASS|SECRET|CREDENTIAL|(^|_)(PWD|PW|PAT|CREDS?|JWT|COOKIES?|SALT|T?OTP|2FA|DSN)$",
    "(API|ACCESS|PRIVATE|AUTH|MASTER|SIGNING|ENCRYPTION|ACCOUNT)_?KEY|_KEY(_?(PEM|B64|BASE64|JSON))?$",
    "SAS_UR[IL]|_SAS$|CONN(ECTION)?_?STR(ING)?|ACCESS_GRANT|SERVICE_ACCOUNT_(JSON|B64|BASE64)",
    "AUTHORIZATION|_HEADERS$|BASIC_AUTH$|__AUTH$|CLI_AUTH$|AUTH_CONFIG$|WEBHOOK(_UR[IL])?$",
  ].join("|"),
);
/** Names of public keys, and of paths to secrets, which look like secrets themselves. */
const publicName = /^(SSH_PUBKEY|PUBLIC_KEY|SSH_PUBLIC_KEY|PWD)$|_(FILE|PATH|DIR)$|PUBLIC_KEY$/;

/** True when no value of that variable may be shown: by the schema, or by its name. */
export function isSecretName(name: string): boolean {
  if (Object.hasOwn(schema, name)) return (schema as Record<string, Variable>)[name]?.secret === true;
  return secretName.test(name.toUpperCase()) && !publicName.test(name.toUpperCase());
}

/** True when a value may not be shown: a secret by its name, or a private key in the place of a public one. */
export function isSecret(name: string, value: string): boolean {
  return isSecretName(name) || /PRIVATE KEY-----/.test(value);
}

/** A function that hides every secret value of an environment, and those in URLs, in a text. */
export function createRedactor(env: Record<string, string>): (text: string) => string {
  const secrets = Object.entries(env)
    .filter(([name, value]) => isSecret(name, value) && value.trim().length >= SHORTEST_SECRET)
    .map(([, value]) => value.trim())
    .toSorted((a, b) => b.length - a.length);
  return (text) => {
    let result = text;
    for (const secret of secrets) result = result.replaceAll(secret, REDACTED);
    return redactUrls(result);
  };
}

/**
 * Hides what is secret in URLs: `user:password@`, up to the last @ as passwords may hold one, and the query,
 * where signed links keep their token.
 */
export function redactUrls(text: string): string {
  if (!text.includes("://")) return text;
  return text
    .replaceAll(/(:\/\/)[^\s/?#]*@/g, `$1${REDACTED}@`)
    .replaceAll(/(:\/\/[^\s?"]{0,4096}\?)[^\s"]+/g, `$1${REDACTED}`);
}
