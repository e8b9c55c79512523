import { areBytesEqual, sha256 } from "../../sys/crypto.ts";

/** Compares in a time that does not depend on where two texts differ; an empty secret matches nothing. */
export function isSecretEqual(given: string, secret: string): boolean {
  // Of digests, which have one length.
  return areBytesEqual(sha256(given), sha256(secret)) && secret !== "";
}

/** True when a text is one of the secrets; each is compared, whichever matches. */
export function isOneOf(given: string, secrets: readonly string[]): boolean {
  return secrets.map((secret) => isSecretEqual(given, secret)).includes(true);
}
