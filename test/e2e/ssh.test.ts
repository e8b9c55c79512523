import { describe, expect, test } from "bun:test";
import { chmodSync, cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot, keypair, run, sshArgv, tempFolder } from "./harness.ts";

/** The sshd of Debian 11, from its mirror or, once Debian 11 has left that, from the archive. */
/** Takes sshd from Debian 11, of the mirror that the image itself uses. */
const INSTALL_OPENSSH_8_4 = `
set -e
cd "$(mktemp -d)"
mkdir -p lists/partial
mirror=$(apt-get update --print-uris | sed -n "s|^'\\(.*\\)/dists/.*|\\1|p" | head -n 1)
echo "deb [trusted=yes] $mirror bullseye main" >bullseye.list
options=(-qq -o Dir::Etc::sourcelist="$PWD/bullseye.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$PWD/lists"
  -o APT::Sandbox::User=root -o Acquire::Retries=3 -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false)
apt-get "\${options[@]}" update
apt-get "\${options[@]}" download openssh-server/bullseye libssl1.1
for package in *.deb; do dpkg -x "$package" .; done
mv usr/lib/*/libcrypto.so.1.1 /usr/lib/
mv usr/sbin/sshd /usr/sbin/sshd
rm /usr/lib/openssh/sshd-session /usr/lib/openssh/sshd-auth
`;

describe("ssh", () => {
  test("a key from SSH_PUBKEY logs in: a command, a pipe, a terminal and sftp", async () => {
    const key = await keypair();
    await using container = await boot({ env: { SSH_PUBKEY: key.public } });
    await container.waitReady();

    expect(await container.ssh("id -un; exit 7", { key })).toEqual({ stdout: "root\n", stderr: "", code: 7 });
    const piped = await container.ssh("cat", { key, stdin: "one\ntwo" });
    expect(piped).toEqual({ stdout: "one\ntwo", stderr: "", code: 0 });
    const terminal = await container.ssh("tty", { key, tty: true });
    expect(terminal.stdout.trim()).toMatch(/^\/dev\/pts\/\d+$/);

    const argv = sshArgv(await container.ip(), undefined, { key, options: ["RequestTTY=no"] });
    const batch = argv.filter((word) => word !== "-T" && word !== "-p" && word !== "22");
    const sftp = await run(["sftp", "-b", "-", ...batch.slice(1)], { stdin: "pwd\n" });
    expect(sftp.stdout).toContain("Remote working directory: /");
    expect(sftp.code).toBe(0);
  });

  test("another key and a password are refused", async () => {
    const [key, stranger] = await Promise.all([keypair(), keypair()]);
    await using container = await boot({ env: { SSH_PUBKEY: key.public } });
    await container.waitReady();
    const refused = await container.ssh("true", { key: stranger });
    expect(refused.stderr).toContain("Permission denied (publickey)");
    expect(refused.code).toBe(255);
  });

  test("SSH_PORT moves the server", async () => {
    const key = await keypair();
    await using container = await boot({ env: { SSH_PORT: "2022" }, args: [`SSH_PUBKEY=${key.public}`] });
    await container.waitReady();
    expect(await container.ssh("echo in", { key, port: 2022 })).toEqual({
      stdout: "in\n",
      stderr: "",
      code: 0,
    });
  });

  test("host keys are made at first boot, kept by a restart, and shared with no other container", async () => {
    const fingerprint = "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub";
    const key = await keypair();
    const env = { SSH_PUBKEY: key.public };
    await using first = await boot({ env });
    await using second = await boot({ env });
    await Promise.all([first.waitReady(), second.waitReady()]);
    const before = await first.sh(fingerprint);
    expect(await second.sh(fingerprint)).not.toBe(before);
    await first.restart();
    await first.waitReady();
    expect(await first.sh(fingerprint)).toBe(before);
  });

  test("host keys that sshd would refuse are closed, or made anew", async () => {
    const key = await keypair();
    await using container = await boot({ env: { SSH_PUBKEY: key.public } });
    await container.waitReady();
    const fingerprints = () => container.sh("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
    const before = await fingerprints();
    await container.sh("cd /etc/ssh; chmod 0660 ssh_host_*_key; : >ssh_host_ecdsa_key");
    await container.restart();
    await container.waitReady();
    expect((await container.ssh("stat -c '%a %n' /etc/ssh/ssh_host_*", { key })).stdout).toBe(
      [
        "600 /etc/ssh/ssh_host_ecdsa_key",
        "644 /etc/ssh/ssh_host_ecdsa_key.pub",
        "600 /etc/ssh/ssh_host_ecdsa_key.unusable",
        "644 /etc/ssh/ssh_host_ecdsa_key.unusable.pub",
        "600 /etc/ssh/ssh_host_ed25519_key",
        "644 /etc/ssh/ssh_host_ed25519_key.pub",
        "",
      ].join("\n"),
    );
    expect(await fingerprints()).toBe(before);
    await container.waitLog(/warn sshd "\/etc\/ssh\/ssh_host_ecdsa_key": .* got an empty file/);
  });

  test("host keys of a read-only volume that others may read keep their fingerprint", async () => {
    const [key, host] = await Promise.all([keypair(), keypair()]);
    const folder = tempFolder();
    cpSync(host.path, join(folder, "ssh_host_ed25519_key"));
    chmodSync(join(folder, "ssh_host_ed25519_key"), 0o644);
    await using container = await boot({
      env: { SSH_PUBKEY: key.public },
      mounts: [`${folder}:/etc/ssh:ro`],
    });
    await container.waitReady();
    const known = join(folder, "known_hosts");
    const ip = await container.ip();
    writeFileSync(known, `${ip} ${host.public}\n`);
    const options = ["StrictHostKeyChecking=yes", `UserKnownHostsFile=${known}`];
    expect(await container.ssh("echo in", { key, options })).toEqual({ stdout: "in\n", stderr: "", code: 0 });
  });

  test("300 KiB of environment let everyone in, and bash sessions have all of it", async () => {
    const key = await keypair();
    const values = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`LARGE_${at}`, "x".repeat(10_000 + at)]),
    );
    await using container = await boot({ env: { SSH_PUBKEY: key.public, SMALL: "s", ...values } });
    await container.waitReady();
    const count = "env | grep -c ^LARGE_; echo ${#LARGE_29}";
    expect((await container.ssh(count, { key })).stdout).toBe("30\n10029\n");
    await container.waitLog(
      /warn sshd LARGE_29, LARGE_28, .*LARGE_\d+: too large for sshd to set; only bash sessions have the value/,
    );
  });

  test("an sshd that cannot set the environment lets everyone in", async () => {
    const key = await keypair();
    await using container = await boot({ env: { SSH_PUBKEY: key.public, SETTINGS: "a b" } });
    await container.waitReady();
    // As OpenSSH 7.6 of Ubuntu 18.04 says; ai-dock learns of that from the sshd that it has started.
    await container.sh(`cd /usr/sbin && mv sshd sshd.real && cat >sshd && chmod +x sshd`, {
      stdin: `#!/bin/sh
for word do config=$word; done
if grep -q ^SetEnv "$config"; then
  echo "$config: line 22: Bad configuration option: SetEnv" >&2
  exit 255
fi
exec /usr/sbin/sshd.real "$@"
`,
    });
    await container.restart();
    await container.waitReady();
    expect(await container.ssh('echo "$SETTINGS"', { key })).toMatchObject({ stdout: "a b\n", code: 0 });
    await container.waitLog(
      /warn sshd This version of sshd cannot set the environment \(line \d+: Bad configuration option\); only bash/,
    );
  });

  test("OpenSSH 8.4, which takes no quote in a value, lets everyone in", async () => {
    const key = await keypair();
    const env = { SSH_PUBKEY: key.public, SETTINGS: '{"a": "b c"}' };
    await using container = await boot({ env });
    await container.waitReady();
    await container.sh(INSTALL_OPENSSH_8_4);
    await container.restart();
    await container.waitReady();
    expect(await container.ssh('echo "$SETTINGS"', { key })).toEqual({
      stdout: `${env.SETTINGS}\n`,
      stderr: "",
      code: 0,
    });
    const version = await container.ssh("/usr/sbin/sshd -V", { key });
    expect(version.stderr).toContain("OpenSSH_8.4p1 Debian");
    await container.waitLog(
      /warn sshd This version of sshd cannot set the environment \(line \d+: Invalid environment\); only bash/,
    );
  });
});
