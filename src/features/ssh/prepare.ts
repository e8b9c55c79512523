import { existsSync } from "node:fs";
import { AUTHORIZED_KEYS, countKeys, spareAuthorizedKeys } from "./authorized-keys/store.ts";
import { logger } from "../../log.ts";
import { readIfExists } from "../../sys/fs.ts";
import { ownDirectory } from "../../sys/own-directory.ts";
import { isPortTaken } from "../../sys/ports.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";
import { isRoot } from "../../sys/users.ts";
import { accountOf } from "../account/account.ts";
import { shareKeys } from "./account-keys.ts";
import { ensureHostKeys } from "./host-keys.ts";
import { type SshdConfigTarget, testConfig, writeConfig } from "./config.ts";
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

export interface SshdOptions {
  port: number;
  env: Record<string, string>;
}

/** Makes what sshd needs: accounts, host keys, a configuration. Returns why sshd cannot be started, or undefined. */
export async function prepareSshd(options: SshdOptions): Promise<string | undefined> {
  const { port } = options;
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
  return await writeConfig(await configTarget(options));
}

/** Writes the configuration for a server that runs. False where nothing has changed, or sshd would not accept the file. */
export async function renewConfig(options: SshdOptions): Promise<boolean> {
  const before = readIfExists(sshdConfigPath());
  const refusal = await writeConfig(await configTarget(options));
  if (refusal !== undefined) log.warn(refusal);
  return refusal === undefined && readIfExists(sshdConfigPath()) !== before;
}

/**
 * After an sshd that has ended at its start: writes a configuration that this version accepts. Returns why there is none,
 * or undefined.
 */
export async function mendConfig(options: SshdOptions): Promise<string | undefined> {
  return await testConfig(await configTarget(options));
}

async function configTarget({ port, env }: SshdOptions): Promise<SshdConfigTarget> {
  const account = accountOf(env);
  shareKeys(account, (message) => log.warn(message));
  const options = {
    port,
    hostKeys: await ensureHostKeys(),
    hasPenalties: SPLIT_SESSION_BINARIES.some((path) => existsSync(path)),
    account: account?.name,
    usePam: isRootLocked() && existsSync(PAM_SERVICE),
  };
  return { sshd: SSHD, path: sshdConfigPath(), env, options };
}

function isRootLocked(): boolean {
  return /^root:!/m.test(readIfExists("/etc/shadow") ?? "");
}
