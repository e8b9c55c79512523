import { messageOf } from "../../errors.ts";
import { crypt } from "../../sys/libc.ts";

/**
 * The hash of a password for shadow(5): the `current` one where that is of the same password. Undefined with a line for
 * the user where there is no way to hash.
 */
export function passwordHash(
  password: string,
  current: string | undefined,
  warn: (message: string) => void,
): string | undefined {
  try {
    if (current?.startsWith("$") && crypt(password, current) === current) return current;
    const hash = crypt(password);
    if (hash === undefined) throw new Error("crypt(3) refuses it");
    return hash;
  } catch (error) {
    warn(`USER_PASSWORD: cannot be hashed (${messageOf(error)}); the account has no password`);
    return undefined;
  }
}
