import { join } from "node:path";
import { must, type Result, run, tempFolder } from "./_run.ts";

export interface Keypair {
  /** Path of the private key. */
  path: string;
  /** The public key, one line. */
  public: string;
}

export interface SshOptions {
  key: Keypair;
  user?: string;
  port?: number;
  /** Ask for a terminal on the far side. */
  tty?: boolean;
  stdin?: string;
  /** More `-o` options, for example `ConnectTimeout=1`. */
  options?: string[];
}

/** Makes a key with ssh-keygen. */
export async function keypair(type = "ed25519", bits?: number, comment = "test@example"): Promise<Keypair> {
  const path = join(tempFolder(), `id_${type}`);
  const size = bits === undefined ? [] : ["-b", String(bits)];
  await must(["ssh-keygen", "-q", "-t", type, ...size, "-N", "", "-C", comment, "-f", path]);
  return { path, public: (await Bun.file(`${path}.pub`).text()).trim() };
}

const OPTIONS = [
  "BatchMode=yes",
  "IdentitiesOnly=yes",
  "StrictHostKeyChecking=no",
  "UserKnownHostsFile=/dev/null",
  "LogLevel=ERROR",
  "ConnectTimeout=60",
];

/** The argument list of the machine's own ssh client, unaffected by the configuration of whoever runs the tests. */
export function sshArgv(host: string, command: string | undefined, options: SshOptions): string[] {
  const { key, user = "root", port = 22, tty = false } = options;
  return [
    "ssh",
    tty ? "-tt" : "-T",
    "-F",
    "none",
    "-i",
    key.path,
    "-p",
    String(port),
    ...(options.options ?? []).concat(OPTIONS).flatMap((option) => ["-o", option]),
    `${user}@${host}`,
    ...(command === undefined ? [] : [command]),
  ];
}

export function ssh(host: string, command: string | undefined, options: SshOptions): Promise<Result> {
  return run(sshArgv(host, command, options), { stdin: options.stdin });
}
