import { spareAuthorizedKeys } from "./authorized-keys/store.ts";

export interface SshdConfigOptions {
  port: number;
  hostKeys: string[];
  /** The whole `SetEnv` line, if any. */
  setEnv: string | undefined;
  /** True for OpenSSH 9.8 and later, which have PerSourcePenalties. */
  hasPenalties: boolean;
  /** Lets PAM decide: with root's password locked by `!`, sshd alone takes the account for locked. */
  usePam: boolean;
}

/** The text of sshd_config(5): logins by key only; forwarding allowed, as that is how people reach web services. */
export function sshdConfig({ port, hostKeys, setEnv, hasPenalties, usePam }: SshdConfigOptions): string {
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
    "",
  ].join("\n");
}
