import { expect, test } from "bun:test";
import { boot, keypair } from "./harness.ts";

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
  // It stays until its output is there: docker gives up on that of a container which has ended.
  const script = "trap 'exit 0' TERM; echo hello; while :; do sleep 0.1; done";
  await using container = await boot({ readOnly: true, cmd: ["bash", "-c", script] });
  await container.waitLog(/^hello$/m);
  await container.kill("TERM");
  expect(await container.wait()).toBe(0);
});
