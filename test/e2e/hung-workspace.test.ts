import { expect, test } from "bun:test";
import { type BootOptions, boot, type Container, keypair, waitFor } from "./harness.ts";

/** Mounts a workspace whose server is stopped at once, then boots. Whoever asks the workspace anything waits in the kernel. */
const START = `
mkdir -p /srv/disk /workspace
echo kept >/srv/disk/kept
rclone mount /srv/disk /workspace --config /dev/null --allow-other &
until mountpoint -q /workspace; do sleep 0.1; done
kill -STOP $!
exec ai-dock init
`;

const HANGS = '"/workspace" (fuse.rclone)';

const options: BootOptions = {
  entrypoint: "bash",
  cmd: ["/start.sh"],
  files: { "/start.sh": START, "/provision.sh": "#!/bin/bash\ntouch /provisioned\n" },
  capAdd: ["SYS_ADMIN"],
  devices: ["/dev/fuse"],
  securityOpt: ["apparmor:unconfined"],
};
const provisioned = { PROVISIONING_SCRIPT: "/provision.sh", RCLONE_CONFIG_FAR_TYPE: "memory" };

const go = (container: Container) => container.sh("pkill -CONT -x rclone");
const isProvisioned = (container: Container) => container.sh("test -e /provisioned && echo yes || echo no");
const status = (container: Container) => container.sh("timeout 5 ai-dock status 2>&1 || true");

test.concurrent("a workspace that never answers keeps nobody out, and is named", async () => {
  const key = await keypair();
  const program =
    "[program:on]\ncommand=sleep 600\n[program:there]\ncommand=sleep 600\ndirectory=/workspace\n";
  const env = { ...provisioned, SSH_PUBKEY: key.public, USER_NAME: "worker" };
  await using container = await boot({ ...options, env, programs: { "on.conf": program } });
  await waitFor(async () => (await status(container)).includes(`waiting for ${HANGS} to answer`));
  await container.waitReady();

  expect(await container.ssh("echo in", { key })).toEqual({ stdout: "in\n", stderr: "", code: 0 });
  const shell = await container.ssh("bash -ic pwd", { key, tty: true });
  expect(shell.stdout).toContain("/root");
  expect((await container.ssh("id -un", { key, user: "worker" })).stdout).toBe("worker\n");

  const left = "workspace, remotes, sync, storage, preflight, manifest, provisioning";
  expect(await container.logs()).toContain(
    `error workspace ${HANGS}: expected an answer within 15 s, got none; boot goes on without ${left}\n`,
  );
  const shown = await status(container);
  expect(shown).toContain(`no answer from ${HANGS}; the boot left out ${left}; restart the container`);
  expect(shown).toMatch(/^on +RUNNING/m);
  expect(shown).toMatch(/far +STOPPED .*its mount did not answer; restart/);
  expect(await isProvisioned(container)).toBe("no");
  const doctor = await container.exec(["timeout", "20", "ai-dock", "doctor"]);
  expect(doctor.stdout).toMatch(/error +workspace +"\/workspace\/" does not answer/);
  await container.exec(["ai-dock", "update"]);
  expect(await status(container)).toMatch(/^on +RUNNING/m);

  const { code, ms } = await container.stop();
  expect(code).toBe(0);
  expect(ms).toBeLessThan(10_000);
  // The volume is whole, and the next boot that can use it does.
  await container.start();
  await waitFor(async () => (await status(container)).includes("waiting for"));
  await go(container);
  await waitFor(async () => (await isProvisioned(container)) === "yes");
  expect(await container.sh("ls /workspace")).toContain("kept");
});

test.concurrent("a workspace that answers after a while is waited for", async () => {
  await using container = await boot({ ...options, env: provisioned });
  await waitFor(async () => (await status(container)).includes(`waiting for ${HANGS} to answer`));
  await go(container);
  await container.waitReady();
  expect(await isProvisioned(container)).toBe("yes");
  expect(await container.sh("ai-dock shell -- printenv WORKSPACE_MOUNTED RCLONE_MOUNT_COUNT")).toBe(
    "true\n1",
  );
  expect(await status(container)).not.toContain("answer");
});

test.concurrent("one that answers after the boot has gone on asks for a restart", async () => {
  await using container = await boot(options);
  await waitFor(async () => (await status(container)).includes("no answer from"));
  await go(container);
  await waitFor(async () =>
    (await status(container)).includes(`${HANGS} answers again; restart the container`),
  );
});

test.concurrent("a stop while it is waited for ends at once; strict containers end with 78", async () => {
  await using container = await boot(options);
  await using strict = await boot({ ...options, env: { AI_DOCK_STRICT: "true" } });
  await waitFor(async () => (await status(container)).includes("waiting for"));
  const { code, ms } = await container.stop();
  expect(code).toBe(0);
  expect(ms).toBeLessThan(5000);
  expect(await strict.wait()).toBe(78);
});
