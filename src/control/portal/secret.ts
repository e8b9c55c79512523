import { createHash, timingSafeEqual } from "node:crypto";

/** Compares in a time that does not depend on where two texts differ; an empty secret matches nothing. */
export function isSecretEqual(given: string, secret: string): boolean {
  return timingSafeEqual(digest(given), digest(secret)) && secret !== "";
}

/** True when a text is one of the secrets; each is compared, whichever matches. */
export function isOneOf(given: string, secrets: readonly string[]): boolean {
  return secrets.map((secret) => isSecretEqual(given, secret)).includes(true);
}

/** Digests have one length, which timingSafeEqual() needs. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
