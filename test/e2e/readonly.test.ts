import { expect, test } from "bun:test";
import { boot, keypair, runAttached } from "./harness.ts";

test("a read-only root with tmpfs on /run, /tmp and /var/log boots, and says what it could not do", async () => {
  const key = await keypair();
  await using container = await boot({
    readOnly: true,
    tmpfs: ["/run", "/tmp", "/var/log"],
    env: { SSH_PUBKEY: key.public },
  });
  await container.waitLog(/ready/);
  const log = await container.logs();
  expect(log).toContain("warn");
  expect(log).not.toMatch(/^\s+at /m);
  expect((await container.stop()).code).toBe(0);
});

test("with /root writable as well, ssh works on a read-only root", async () => {
  const key = await keypair();
  await using container = await boot({
    readOnly: true,
    tmpfs: ["/run", "/tmp", "/var/log", "/root:mode=0700"],
    env: { SSH_PUBKEY: key.public },
  });
  await container.waitReady();
  expect((await container.ssh("id -un", { key })).stdout).toBe("root\n");
});

test("with nothing writable at all the main command still runs", async () => {
  const { stdout, code } = await runAttached({ readOnly: true, cmd: ["echo", "hello"] });
  expect(stdout).toBe("hello\n");
  expect(code).toBe(0);
});
