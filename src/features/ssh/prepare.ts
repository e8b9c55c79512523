import { existsSync } from "node:fs";
import { AUTHORIZED_KEYS, countKeys, spareAuthorizedKeys } from "./authorized-keys/store.ts";
import { logger } from "../../log.ts";
import { readIfExists } from "../../sys/fs.ts";
import { ownDirectory } from "../../sys/own-directory.ts";
import { isPortTaken } from "../../sys/proc.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";
import { isRoot } from "../../sys/users.ts";
import { ensureHostKeys } from "./host-keys.ts";
import { writeConfig } from "./config.ts";
import { ensureAccounts } from "./accounts.ts";

export const SSHD = "/usr/sbin/sshd";
export const sshdConfigPath = () => runtimePath("sshd_config");

/** The chroot of sshd's unprivileged part; sshd refuses a directory that others may write to. */
const PRIVILEGE_SEPARATION = "/run/sshd";

/** OpenSSH 9.8 and later have one of these, and PerSourcePenalties. */
const SPLIT_SESSION_BINARIES = ["/usr/lib/openssh/sshd-session", "/usr/libexec/openssh/sshd-session"];

const PAM_SERVICE = "/etc/pam.d/sshd";

export const NEEDS_ROOT = "logins by ssh need root; run the container without --user";

const log = logger("sshd");

/** Makes what sshd needs: accounts, host keys, a configuration. Returns why sshd cannot be started, or undefined. */
export async function prepareSshd(options: {
  port: number;
  env: Record<string, string>;
}): Promise<string | undefined> {
  const { port, env } = options;
  if (!existsSync(SSHD)) return "openssh-server is not installed";
  if (!isRoot()) return NEEDS_ROOT;
  if (countKeys(AUTHORIZED_KEYS, spareAuthorizedKeys()) === 0) {
    return `no valid public key in ${AUTHORIZED_KEYS}; set SSH_PUBKEY, or mount a file with keys at ${AUTHORIZED_KEYS}_mount`;
  }
  if (isPortTaken(port)) {
    return `port ${port} is taken by another process, perhaps the provider's own sshd; set SSH_PORT to a free port`;
  }
  const refusal = ensureAccounts();
  if (refusal !== undefined) return refusal;
  for (const problem of ownDirectory(PRIVILEGE_SEPARATION)) log.warn(problem);
  const hostKeys = await ensureHostKeys();
  return await writeConfig(SSHD, sshdConfigPath(), env, {
    port,
    hostKeys,
    hasPenalties: SPLIT_SESSION_BINARIES.some((path) => existsSync(path)),
    usePam: isRootLocked() && existsSync(PAM_SERVICE),
  });
}

function isRootLocked(): boolean {
  return /^root:!/m.test(readIfExists("/etc/shadow") ?? "");
}
