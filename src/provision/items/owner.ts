import { asUser, sessionOf } from "../../sys/as-user.ts";
import { isRoot, lookupUser } from "../../sys/users.ts";
import { DEFAULT_PATH } from "../../sys/which.ts";
import type { Owner } from "../ownership.ts";
import type { As } from "./command-options.ts";
import type { ItemContext } from "./context.ts";

/** What another user's command gets of our environment: where to find things, but no token. */
const SHARED =
  /^(PATH|LANG|LC_\w+|TZ|TMPDIR|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|(HTTPS?|NO|ALL)_PROXY|(PIP|UV)_\w+)$/i;

/** The home of who has none, by convention. */
const NOWHERE = "/nonexistent";

/** We ourselves. */
export const SELF: As = { prefix: [], isClean: false, env: {}, owner: undefined };

/**
 * Runs as the owner of a repository or an environment what root would run else: what is in there is that user's, and would
 * be run with the rights of root. What has no owner yet is for the user of PROVISIONING_USER.
 */
export function asOwner(owner: Owner | undefined, context: Pick<ItemContext, "env" | "user">): As {
  const { env, user } = context;
  if (!isRoot()) return SELF;
  if (owner === undefined || owner.uid === user?.uid) return asProvisioner(context);
  const shared = Object.entries(env).filter(([name]) => SHARED.test(name));
  const account = lookupUser(`${owner.uid}`);
  const { uid, gid } = account ?? owner;
  const setpriv = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--"];
  return {
    prefix: account === undefined ? setpriv : asUser(account.name),
    isClean: true,
    env: {
      PATH: DEFAULT_PATH,
      ...Object.fromEntries(shared),
      ...(account === undefined ? { HOME: NOWHERE } : sessionOf(account).env),
    },
    owner: { uid, gid },
  };
}

/** The user of PROVISIONING_USER, with our environment as the provisioning script has it; else we ourselves. */
export function asProvisioner({ user }: Pick<ItemContext, "user">): As {
  if (user === undefined || !isRoot()) return SELF;
  const { name, uid, gid } = user;
  return { prefix: asUser(name), isClean: false, env: sessionOf(user).env, owner: { uid, gid } };
}
