import { isRoot } from "../../sys/users.ts";
import { DEFAULT_PATH } from "../../sys/which.ts";
import type { ItemContext } from "./context.ts";

export interface Owner {
  uid: number;
  gid: number;
}

/** What another user's command gets of our environment: where to find things, but no token. */
const SHARED =
  /^(PATH|LANG|LC_\w+|TZ|TMPDIR|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|(HTTPS?|NO|ALL)_PROXY|(PIP|UV)_\w+)$/i;

/** How to run a command as one user. */
export interface As {
  /** Words in front of the command. */
  prefix: string[];
  /** Whether the environment is `env` alone. */
  isClean: boolean;
  env: Record<string, string>;
}

/**
 * Runs as the owner of a repository or an environment what root would run else: what is in there is that user's, and would
 * be run with the rights of root.
 */
export function asOwner(owner: Owner | undefined, { env }: Pick<ItemContext, "env">): As {
  if (!isRoot() || owner === undefined || owner.uid === 0) return { prefix: [], isClean: false, env: {} };
  const shared = Object.entries(env).filter(([name]) => SHARED.test(name));
  return {
    prefix: ["setpriv", `--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--clear-groups", "--"],
    isClean: true,
    env: { PATH: DEFAULT_PATH, ...Object.fromEntries(shared) },
  };
}
