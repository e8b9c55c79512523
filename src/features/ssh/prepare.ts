import { existsSync } from "node:fs";
import { countKeys } from "./authorized-keys/count.ts";
import { AUTHORIZED_KEYS, SPARE_AUTHORIZED_KEYS } from "./authorized-keys/paths.ts";
import { sshSetEnvLine } from "./set-env.ts";
import { ensureDirectory, readIfExists, writeFileAtomic } from "../../sys/fs.ts";
import { isPortTaken } from "../../sys/proc.ts";
import { isRoot } from "../../sys/users.ts";
import { ensureHostKeys } from "./host-keys.ts";
import { sshdConfig } from "./config.ts";
import { ensureAccounts } from "./accounts.ts";

export const SSHD_CONFIG = "/run/ai-dock/sshd_config";

/** Only OpenSSH 9.8 and later have it, and only they know PerSourcePenalties. */
const SPLIT_SESSION_BINARIES = ["/usr/lib/openssh/sshd-session", "/usr/libexec/openssh/sshd-session"];

const PAM_SERVICE = "/etc/pam.d/sshd";

export const NEEDS_ROOT = "logins by ssh need root; run the container without --user";

/** Makes all that sshd needs, or says why it is not started. */
export async function prepareSshd(options: {
  port: number;
  env: Record<string, string>;
}): Promise<string | undefined> {
  const { port, env } = options;
  if (!existsSync("/usr/sbin/sshd")) return "openssh-server is not installed";
  if (!isRoot()) return NEEDS_ROOT;
  if (countKeys(AUTHORIZED_KEYS, SPARE_AUTHORIZED_KEYS) === 0) {
    return `no valid public key in ${AUTHORIZED_KEYS}; set SSH_PUBKEY, or mount a file with keys at ${AUTHORIZED_KEYS}_mount`;
  }
  if (isPortTaken(port)) {
    return `port ${port} is taken by another process, perhaps the provider's own sshd; set SSH_PORT to a free port`;
  }
  const refusal = ensureAccounts();
  if (refusal !== undefined) return refusal;
  ensureDirectory("/run/sshd", 0o755);
  const hostKeys = await ensureHostKeys();
  const text = sshdConfig({
    port,
    hostKeys,
    setEnv: sshSetEnvLine(env),
    hasPenalties: SPLIT_SESSION_BINARIES.some((path) => existsSync(path)),
    usePam: isRootLocked() && existsSync(PAM_SERVICE),
  });
  // It holds the values of SetEnv.
  writeFileAtomic(SSHD_CONFIG, text, 0o600);
  return undefined;
}

function isRootLocked(): boolean {
  return /^root:!/m.test(readIfExists("/etc/shadow") ?? "");
}
