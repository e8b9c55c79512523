import { hmacSha256, randomBytes } from "../../sys/crypto.ts";
import { isSecretEqual } from "./secret.ts";

const ID_BYTES = 16;

/**
 * A new code for one login, signed with the key of sessions (base64): the portal turns away made-up codes by itself, so
 * that no flood of them reaches PID 1, nor keeps a true one waiting.
 */
export function newCode(key: string): string {
  const id = randomBytes(ID_BYTES).toString("base64url");
  return `${id}.${signature(key, id)}`;
}

/** True for a code that was made with this key, used or not. */
export function isCodeOf(key: string, code: string): boolean {
  const [id = "", given = ""] = code.split(".", 2);
  return isSecretEqual(given, signature(key, id));
}

/** The first word keeps a code from being a session, which the same key signs. */
function signature(key: string, id: string): string {
  return hmacSha256(Buffer.from(key, "base64"), `code ${id}`).toString("base64url");
}
