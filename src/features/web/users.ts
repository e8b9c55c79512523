import { hasCapability, isMapped, isRoot } from "../../sys/users.ts";

/**
 * Users of the front, by number only: an image that is not ours has no entries for them in passwd(5). The numbers are of
 * the range that systemd keeps for services without an account (uids-gids.md of systemd: 61184–65519).
 */
const WEB = 61_901;
const PORTAL = 61_902;

/** A user and its group of the same number. */
export interface WebUser {
  uid: number;
  gid: number;
}

/** Who runs Caddy; without root there is one user for everything. */
export const caddyUser = (): WebUser => (isRoot() ? { uid: WEB, gid: WEB } : ourselves());

/** Who runs the portal. */
export const portalUser = (): WebUser => (isRoot() ? { uid: PORTAL, gid: PORTAL } : ourselves());

/** Without the last one, root cannot reach sockets in directories of other users. */
const NEEDED = ["SETUID", "SETGID", "CHOWN", "DAC_OVERRIDE"] as const;

/** Why root cannot run the front as users of their own here: what the internet talks to is never root. */
export function whyNoUsers(): string | undefined {
  if (!isRoot()) return undefined;
  if (!isMapped(PORTAL)) return `user ${PORTAL} is not mapped into this container; run it with 65536 users`;
  const missing = NEEDED.filter((name) => !hasCapability(name));
  return missing.length === 0
    ? undefined
    : `capabilities ${missing.join(", ")} are missing: docker run --cap-add`;
}

function ourselves(): WebUser {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

/** util-linux; becomes the command behind it. */
const SETPRIV = "/usr/bin/setpriv";

/**
 * The words in front of a command that make it run as that user, with no right to gain others. `ports` lets it listen on
 * ports below the unprivileged ones, where this container may do that at all.
 */
export function asWebUser({ uid, gid }: WebUser, ports = false): string[] {
  if (!isRoot()) return [];
  const capability = ports && hasCapability("NET_BIND_SERVICE") ? "-all,+net_bind_service" : "-all";
  const sets = ["--inh-caps", "--ambient-caps"].map((option) => `${option}=${capability}`);
  return [SETPRIV, `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", ...sets, "--no-new-privs", "--"];
}
