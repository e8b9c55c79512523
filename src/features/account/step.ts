import { DEFAULT_ACCOUNT } from "../../env/account-variables.ts";
import { isCompat } from "../../env/flavour.ts";
import { AiDockError, messageOf } from "../../errors.ts";
import { type Account, isMapped, isRoot, lookupUser } from "../../sys/users.ts";
import type { BootContext, Step, StepResult } from "../step.ts";
import { isSystemAccount } from "./account.ts";
import { prepareHome } from "./home.ts";
import { planAccount } from "./make.ts";
import { namedByFile, namedBySetting } from "./named.ts";
import { setSudoRule } from "./sudo.ts";
import { shareTimingData, TIMING_DATA } from "./timing-data.ts";
import { giveWorkspace } from "./workspace.ts";

/**
 * Makes the account where something names one, and exports its name. `root` is a prefix of all paths, for tests. Throws
 * AiDockError where there is no account in the end.
 */
export async function makeAccount(context: BootContext, root = ""): Promise<StepResult | undefined> {
  const { env, log, settings } = context;
  const warn = (message: string) => log.warn(message);
  const reason = namedBySetting(settings, env) ?? namedByFile(env);
  if (reason === undefined) {
    if (isRoot()) setSudoRule(undefined, warn, root);
    return undefined;
  }
  if (!isRoot()) return takeOwnAccount(context, root);
  const name = chooseName(settings.USER_NAME, warn, root);
  env["USER_NAME"] = name;
  const { entry, former, groups, write } = planAccount(name, context, root);
  const isUsable = isMapped(entry.uid);
  // First, as long as the account files say whose the home was: a boot that is killed here goes on with the next one.
  if (isUsable) await prepareHome(entry, { former, warn, root });
  write();
  if (!isUsable)
    throw new AiDockError(
      `USER_NAME: uid ${entry.uid} is not mapped into this container, so nothing can run as it; run it with 65536 users`,
    );
  giveWorkspace(entry, context);
  setSudoRule(isCompat(env) ? entry.uid : undefined, warn, root);
  const { uid, gid } = entry;
  try {
    shareTimingData(uid, `${root}${TIMING_DATA}`);
  } catch (error) {
    log.debug(`"${TIMING_DATA}": ${messageOf(error)}`);
  }
  return { message: "Account ready", fields: { name, uid, gid, groups: groups.join(","), for: reason } };
}

/** The name as set, unless it belongs to an account of the system. */
function chooseName(wanted: string, warn: (message: string) => void, root: string): string {
  const found = lookupUser(wanted, root);
  if (found === undefined || !isSystemAccount(found)) return wanted;
  const expected = "a name that no account of the system has";
  const other = lookupUser(DEFAULT_ACCOUNT, root);
  if (other !== undefined && isSystemAccount(other))
    throw new AiDockError(`USER_NAME: expected ${expected}, got "${wanted}"; no account is made`);
  warn(`USER_NAME: expected ${expected}, got "${wanted}"; using ${DEFAULT_ACCOUNT}`);
  return DEFAULT_ACCOUNT;
}

/** Without root there is one user for everything: the one that runs this. */
function takeOwnAccount({ env, log, settings }: BootContext, root: string): undefined {
  const uid = process.getuid?.() ?? 0;
  const wanted = env["USER_NAME"] === undefined ? undefined : lookupUser(settings.USER_NAME, root);
  const own: Account | undefined = wanted?.uid === uid ? wanted : lookupUser(String(uid), root);
  if (own === undefined)
    throw new AiDockError("USER_NAME: an account can only be made by root; run the container without --user");
  if (env["USER_NAME"] !== undefined && env["USER_NAME"] !== own.name)
    log.warn(
      `USER_NAME: expected "${own.name}", as this container runs without root, got another; using that`,
    );
  env["USER_NAME"] = own.name;
  return undefined;
}

export const accountStep: Step = { name: "account", run: async (context) => makeAccount(context) };
