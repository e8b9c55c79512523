import { schema } from "./schema.ts";
import { variableMeta } from "./types.ts";

export const REDACTED = "[redacted]";

/** Shorter values would blank out ordinary words. */
const SHORTEST_SECRET = 6;

const secretName = /TOKEN|PASS|SECRET|CREDENTIAL|API_?KEY|ACCESS_KEY|PRIVATE_KEY|AUTH_KEY|_KEY$/;
const publicName = /^(SSH_PUBKEY|PUBLIC_KEY|SSH_PUBLIC_KEY)$|_FILE$|PUBLIC_KEY$/;

/** True when values of that variable are never shown: by the schema, or by how such names look. */
export function isSecretName(name: string): boolean {
  const type = (schema as Record<string, Parameters<typeof variableMeta>[0]>)[name];
  if (type !== undefined) return variableMeta(type).secret === true;
  return secretName.test(name.toUpperCase()) && !publicName.test(name.toUpperCase());
}

/** A function that hides every secret value of an environment, and passwords in URLs, in a text. */
export function createRedactor(env: Record<string, string>): (text: string) => string {
  const secrets = Object.entries(env)
    .filter(([name, value]) => isSecretName(name) && value.trim().length >= SHORTEST_SECRET)
    .map(([, value]) => value.trim())
    .toSorted((a, b) => b.length - a.length);
  return (text) => {
    let result = text;
    for (const secret of secrets) result = result.replaceAll(secret, REDACTED);
    return redactUrls(result);
  };
}

/** Hides `user:password@` in URLs. */
export function redactUrls(text: string): string {
  return text.includes("://") ? text.replaceAll(/(:\/\/)[^\s/@"']+@/g, `$1${REDACTED}@`) : text;
}
