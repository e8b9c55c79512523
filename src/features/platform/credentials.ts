import { type PlatformKind, platforms } from "./platforms.ts";

/** Whose instance is stopped, and by what right. */
export interface Credentials {
  id: string;
  key: string;
}

/** A key goes into a header as it is: anything else than visible ASCII would end up in an error of the HTTP client. */
const KEY = /^[\x21-\x7e]{1,4096}$/;

/**
 * The id and the key that the cloud has put into the environment, or one line for each that is missing or wrong. An id
 * goes into a URL, so that nothing but an id's own characters passes. The key is in no line.
 */
export function readCredentials(
  kind: PlatformKind,
  env: Readonly<Record<string, string>>,
): { credentials: Credentials } | { problems: string[] } {
  const { name, noun, idVariable, idPattern, idExpected, keyVariable } = platforms[kind];
  const [id, key] = [env[idVariable]?.trim() ?? "", env[keyVariable]?.trim() ?? ""];
  const problems: string[] = [];
  if (!idPattern.test(id)) {
    const got = id === "" ? "nothing" : JSON.stringify(id.slice(0, 80));
    problems.push(`${idVariable}: expected ${idExpected}, which ${name} sets, got ${got}`);
  }
  if (!KEY.test(key)) {
    const got = key === "" ? "nothing" : "a value with blanks or other characters that no key has";
    problems.push(`${keyVariable}: expected ${name}'s key for this ${noun}, got ${got}`);
  }
  return problems.length > 0 ? { problems } : { credentials: { id, key } };
}
