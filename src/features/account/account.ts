import { isAccountName } from "../../env/account-variables.ts";
import { type Account, lookupUser } from "../../sys/users.ts";

/** The folder of home directories, by which drop-ins of child images name them. */
export const HOMES = "/home";

/** Owns no file, by convention; network file systems show it in place of root. */
export const NOBODY = 65_534;

/** Where people's uids begin (login.defs). */
const FIRST_PERSON = 1000;

/** True for an account that belongs to the system: people on NAS systems and macOS have low uids, too, but a home. */
export function isSystemAccount({ name, uid, home }: Pick<Account, "name" | "uid" | "home">): boolean {
  if (!isAccountName(name) || uid === 0 || uid === NOBODY) return true;
  return uid < FIRST_PERSON && home !== `${HOMES}/${name}`;
}

/**
 * The account that the boot has made or found, by USER_NAME of the boot environment; undefined where there is none.
 * Changes nothing. `root` is a prefix of all paths, for tests.
 */
export function accountOf(env: Record<string, string>, root = ""): Account | undefined {
  const name = env["USER_NAME"];
  if (name === undefined || !isAccountName(name)) return undefined;
  const account = lookupUser(name, root);
  return account === undefined || isSystemAccount(account) ? undefined : account;
}
