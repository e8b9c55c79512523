import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { boot, keypair } from "./harness.ts";

const blobs = (text: string) => text.split("\n").flatMap((line) => /AAAA\S+/.exec(line)?.[0] ?? []);

describe("ssh keys", () => {
  test("from every source log in, and are one line each after three restarts", async () => {
    const [own, runpod, vast, mounted] = await Promise.all([keypair(), keypair(), keypair(), keypair()]);
    await using container = await boot({
      env: {
        SSH_PUBKEY: `${own.public}\n${mounted.public}`,
        PUBLIC_KEY: runpod.public,
        SSH_PUBLIC_KEY: vast.public,
      },
      files: { "/root/.ssh/authorized_keys_mount": `# mine\n${mounted.public}\n` },
    });
    await container.waitReady();
    for (let restart = 0; restart < 3; restart++) await container.restart();
    await container.waitReady();
    const stored = blobs(await container.read("/root/.ssh/authorized_keys"));
    const wanted = [own, runpod, vast, mounted].flatMap((key) => blobs(key.public));
    expect(stored.toSorted()).toEqual(wanted.toSorted());
    for (const key of [own, runpod, vast, mounted]) {
      expect((await container.ssh("echo in", { key })).stdout).toBe("in\n");
    }
    expect(await container.sh("stat -c %a /root/.ssh /root/.ssh/authorized_keys")).toBe("700\n600");
  });

  test("what is no key is named and left out; the good ones still work", async () => {
    const key = await keypair();
    const weak = await keypair("rsa", 1024);
    const secret = readFileSync(key.path, "utf8");
    await using container = await boot({
      env: { SSH_PUBKEY: `garbage here\n${secret}\nno-pty ${key.public}\n`, PUBLIC_KEY: weak.public },
    });
    await container.waitReady();
    await container.waitLog(/warn keys .*private key/i);
    const log = await container.waitLog(/warn keys .*1024/);
    expect(log).not.toContain(secret.split("\n")[2] as string);
    expect((await container.ssh("echo in", { key })).stdout).toBe("in\n");
    const refused = await container.ssh("tty", { key, tty: true });
    expect(refused.stdout).not.toContain("/dev/pts");
  });

  test("without a valid key sshd is skipped with its reason, and the container is healthy", async () => {
    await using container = await boot({
      env: { SSH_PUBKEY: "garbage" },
      files: { "/root/.ssh/authorized_keys_mount": "" },
    });
    await container.waitReady();
    const [sshd] = JSON.parse(await container.sh("ai-dock status --json sshd || true"));
    expect(sshd).toMatchObject({ state: "STOPPED" });
    expect(sshd.reason).toContain("no valid public key in /root/.ssh/authorized_keys");
  });

  test("a key that is added later lets sshd start by request", async () => {
    const key = await keypair();
    await using container = await boot();
    await container.waitReady();
    await container.sh('echo "$KEY" >> /root/.ssh/authorized_keys; ai-dock start sshd', {
      env: { KEY: key.public },
    });
    expect((await container.ssh("echo in", { key })).stdout).toBe("in\n");
  });
});
