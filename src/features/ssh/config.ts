import { spareAuthorizedKeys } from "./authorized-keys/paths.ts";

export interface SshdConfigOptions {
  port: number;
  hostKeys: string[];
  /** The whole `SetEnv` line, or nothing. */
  setEnv: string | undefined;
  /** OpenSSH 9.8 and later: knows PerSourcePenalties. */
  hasPenalties: boolean;
  /** root's password is locked with `!`, which sshd takes for a locked account unless PAM decides. */
  usePam: boolean;
}

/** The text of sshd_config(5): keys only, forwarding allowed, since tunnels are what people use it for. */
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
    // The second one holds the keys where root's own file cannot be written.
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
    // Behind a tunnel every client comes from loopback; one who fails must not lock the others out.
    ...(hasPenalties ? ["PerSourcePenaltyExemptList 127.0.0.0/8,::1"] : []),
    ...(setEnv === undefined ? [] : [setEnv]),
    "",
  ].join("\n");
}
