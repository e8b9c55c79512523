import { describe, expect, test } from "bun:test";
import { chmodSync, cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot, keypair, run, sshArgv, tempFolder } from "./harness.ts";

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
    expect(await container.logs()).toMatch(
      /warn sshd "\/etc\/ssh\/ssh_host_ecdsa_key": .* got an empty file/,
    );
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
});
