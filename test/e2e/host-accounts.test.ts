import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot, keypair, tempFolder } from "./harness.ts";

const USERS = "nobody:x:65534:65534::/:/usr/sbin/nologin\nme:x:991:991::/home/me:/bin/bash";
const MOUNTING = { capAdd: ["SYS_ADMIN"], securityOpt: ["apparmor:unconfined"] };

describe.each([
  ["read-only", ":ro"],
  ["writable", ""],
])("the host's /etc/passwd and /etc/group, mounted %s without a user sshd", (_, option) => {
  const host = (shell = "/bin/bash") => {
    const folder = tempFolder();
    const passwd = `root:x:0:0:root:/root:${shell}\n${USERS}`;
    writeFileSync(join(folder, "passwd"), passwd);
    writeFileSync(join(folder, "group"), "root:x:0:\nme:x:991:\n");
    return {
      mounts: ["passwd", "group"].map((name) => `${folder}/${name}:/etc/${name}${option}`),
      isAsBefore: () => readFileSync(join(folder, "passwd"), "utf8") === passwd,
    };
  };

  test.each(["/bin/bash", "/usr/bin/zsh"])(
    "ssh works where mounting is allowed; root's shell is %s",
    async (shell) => {
      const key = await keypair();
      const { mounts, isAsBefore } = host(shell);
      await using container = await boot({ env: { SSH_PUBKEY: key.public }, mounts, ...MOUNTING });
      await container.waitReady();
      expect((await container.ssh("id -un; id -u me sshd; echo $SHELL", { key })).stdout).toBe(
        "root\n991\n990\n/bin/bash\n",
      );
      expect(isAsBefore()).toBe(true);
    },
  );

  test("elsewhere one line says what to do", async () => {
    const key = await keypair();
    const { mounts, isAsBefore } = host();
    await using container = await boot({ env: { SSH_PUBKEY: key.public }, mounts });
    await container.waitReady();
    await container.waitLog('sshd skipped: /etc/passwd, a mount, has no user "sshd", and no other');
    expect(isAsBefore()).toBe(true);
  });
});

test("a shell of root that is not in the container is the reason in status and in doctor", async () => {
  const key = await keypair();
  await using container = await boot({ env: { SSH_PUBKEY: key.public } });
  await container.waitReady();
  await container.sh("sed -i '/^root:/s|/bin/bash$|/usr/bin/zsh|' /etc/passwd");
  await container.restart();
  await container.waitReady();
  const [sshd] = JSON.parse(await container.sh("ai-dock status --json sshd || true"));
  expect(sshd).toMatchObject({ state: "STOPPED" });
  expect(sshd.reason).toContain('/etc/passwd gives root the shell "/usr/bin/zsh", which is not here');
  expect(await container.sh("ai-dock doctor || true")).toContain('root\'s shell "/usr/bin/zsh" is not here');
});

test("the image's own /etc/passwd gets a user sshd where it has none", async () => {
  const key = await keypair();
  await using container = await boot({ env: { SSH_PUBKEY: key.public } });
  await container.waitReady();
  await container.sh("sed -i '/^sshd:/d' /etc/passwd; printf me:x:991:991::/:/bin/sh >>/etc/passwd");
  await container.restart();
  await container.waitReady();
  expect((await container.ssh("tail -n 2 /etc/passwd", { key })).stdout).toBe(
    "me:x:991:991::/:/bin/sh\nsshd:x:990:65534::/run/sshd:/usr/sbin/nologin\n",
  );
});
