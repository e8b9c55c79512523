import { isCompat } from "../../env/flavour.ts";
import { AiDockError } from "../../errors.ts";
import { type Account, lookupUser } from "../../sys/users.ts";
import { accountOf } from "../account/account.ts";
import type { BootContext } from "../step.ts";

const THE_ACCOUNT = new Set(["$USER_NAME", "${USER_NAME}"]);

/** Who runs the script, and the items of manifests; undefined: we ourselves. Throws AiDockError rather than let root run what another user should. */
export function provisioningUser({
  env,
  log,
  settings,
}: Pick<BootContext, "env" | "settings"> & { log: Pick<BootContext["log"], "warn"> }): Account | undefined {
  const wanted = settings.PROVISIONING_USER;
  if (wanted === undefined) {
    if (!isCompat(env)) return undefined;
    const account = accountOf(env);
    if (account === undefined) log.warn("PROVISIONING_USER: expected an account, got none; root provisions");
    return otherThanUs(account);
  }
  const account = THE_ACCOUNT.has(wanted) ? accountOf(env) : lookupUser(wanted);
  if (account === undefined)
    throw new AiDockError(
      `PROVISIONING_USER: expected root, $USER_NAME or a user of /etc/passwd, got "${wanted}"; nothing is run`,
      { code: "E_PROVISIONING" },
    );
  return otherThanUs(account);
}

const otherThanUs = (account: Account | undefined) =>
  account?.uid === process.getuid?.() ? undefined : account;
