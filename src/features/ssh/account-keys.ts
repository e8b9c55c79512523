import { rmSync } from "node:fs";
import { messageOf } from "../../errors.ts";
import { readIfExists, writeFileAtomic } from "../../sys/fs.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";
import type { Account } from "../../sys/users.ts";
import { mergeKeys } from "./authorized-keys/merge.ts";
import { AUTHORIZED_KEYS, spareAuthorizedKeys } from "./authorized-keys/store.ts";

/** A copy of root's keys for the account: sshd reads keys with the rights of whom they let in. */
export const accountKeysFile = () => runtimePath("account_keys");

/** For root and the account: options of keys can name hosts and commands. */
const MODE = 0o640;

/** Lets root's keys open the account, too. A failure costs the account its sessions, not root's. */
export function shareKeys(
  account: Pick<Account, "gid"> | undefined,
  warn: (message: string) => void,
  { from = [AUTHORIZED_KEYS, spareAuthorizedKeys()], to = accountKeysFile() } = {},
): void {
  try {
    if (account === undefined) return rmSync(to, { force: true });
    const { lines } = mergeKeys(from.map((name) => ({ name, text: readIfExists(name) ?? "" })));
    const content = lines.map((line) => `${line}\n`).join("");
    writeFileAtomic(to, content, MODE, { uid: process.geteuid?.() ?? 0, gid: account.gid });
  } catch (error) {
    warn(`"${to}": ${messageOf(error)}; root's keys do not open the account`);
  }
}
