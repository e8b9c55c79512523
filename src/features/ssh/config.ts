import { logger } from "../../log.ts";
import { writeFileAtomic } from "../../sys/fs.ts";
import { run } from "../../sys/run.ts";
import { accountKeysFile } from "./account-keys.ts";
import { spareAuthorizedKeys } from "./authorized-keys/store.ts";
import { sshSetEnv } from "./set-env.ts";

const log = logger("sshd");

export interface SshdConfigOptions {
  port: number;
  hostKeys: string[];
  /** The whole `SetEnv` line, if any. */
  setEnv: string | undefined;
  /** True for OpenSSH 9.8 and later, which have PerSourcePenalties. */
  hasPenalties: boolean;
  /** The account that root's keys open, too. */
  account?: string | undefined;
  /** Lets PAM decide: with root's password locked by `!`, sshd alone takes the account for locked. */
  usePam: boolean;
}

/** The text of sshd_config(5): logins by key only; forwarding allowed, as that is how people reach web services. */
export function sshdConfig(options: SshdConfigOptions): string {
  const { port, hostKeys, setEnv, hasPenalties, account, usePam } = options;
  return [
    "# Written at every start; change SSH_PORT and the keys by environment, or replace the program sshd.",
    `Port ${port}`,
    ...hostKeys.map((path) => `HostKey ${path}`),
    "AuthenticationMethods publickey",
    "PubkeyAuthentication yes",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password",
    `UsePAM ${usePam ? "yes" : "no"}`,
    // The second file holds the keys where root's own cannot be written.
    `AuthorizedKeysFile .ssh/authorized_keys ${spareAuthorizedKeys()}`,
    "AllowTcpForwarding yes",
    "AllowAgentForwarding yes",
    "X11Forwarding no",
    "PermitUserRC no",
    "PermitTunnel no",
    "LoginGraceTime 30",
    "ClientAliveInterval 60",
    "ClientAliveCountMax 3",
    "PrintMotd yes",
    "Subsystem sftp internal-sftp",
    // Clients behind a tunnel all come from loopback: failed logins of one must not lock the others out.
    ...(hasPenalties ? ["PerSourcePenaltyExemptList 127.0.0.0/8,::1"] : []),
    ...(setEnv === undefined ? [] : [setEnv]),
    // Last, as it ends only with another one.
    ...(account === undefined
      ? []
      : [`Match User ${account}`, `  AuthorizedKeysFile .ssh/authorized_keys ${accountKeysFile()}`]),
    "",
  ].join("\n");
}

/** The sshd that reads a configuration, and what goes into the file. */
export interface SshdConfigTarget {
  sshd: string;
  path: string;
  env: Record<string, string>;
  options: Omit<SshdConfigOptions, "setEnv">;
}

/**
 * Writes a configuration with the environment. `sshd -t`, which takes as long as a start of sshd, is asked only where the
 * version of sshd matters: before OpenSSH 8.7 no value can hold a quote. Returns why sshd does not accept the file.
 */
export async function writeConfig(target: SshdConfigTarget): Promise<string | undefined> {
  const { line, omitted } = sshSetEnv(target.env);
  if (omitted.length > 0)
    log.warn(`${omitted.join(", ")}: too large for sshd to set; only bash sessions have the value`);
  if (line?.includes("\\")) return await testConfig(target);
  write(target, line);
  return undefined;
}

/**
 * Writes a configuration that this version of sshd accepts by `sshd -t`: with the environment, else without. Returns why
 * sshd accepts neither, or undefined.
 */
export async function testConfig(target: SshdConfigTarget): Promise<string | undefined> {
  const { sshd, path, env } = target;
  const complaint = async (setEnv: string | undefined) => {
    write(target, setEnv);
    const { code, stderr } = await run([sshd, "-t", "-f", path]);
    return code === 0 ? undefined : stderr.trim() || `exit code ${code}`;
  };
  const first = await complaint(sshSetEnv(env).line);
  if (first === undefined) return undefined;
  const second = await complaint(undefined);
  if (second !== undefined) return `sshd refuses its configuration: ${second}`;
  // The rest of the message could hold a secret value.
  const [reason = "an error"] = /line \d+: [\w ]+/.exec(first) ?? [];
  log.warn(`This version of sshd cannot set the environment (${reason}); only bash sessions have it`);
  return undefined;
}

/** The file holds secrets (SetEnv). */
function write({ path, options }: SshdConfigTarget, setEnv: string | undefined): void {
  writeFileAtomic(path, sshdConfig({ ...options, setEnv }), 0o600);
}
