import { describe, expect, test } from "bun:test";
import { boot, keypair, runAttached } from "./harness.ts";

const wrong = {
  SSH_PORT: "abc",
  GPU_COUNT: "-1",
  WORKSPACE: "relative",
  CF_QUICK_TUNNELS: "maybe",
};

const lines = [
  'SSH_PORT: expected a port from 1 to 65535, got "abc"; using 22',
  'WORKSPACE: expected an absolute path, got "relative"; using /workspace/',
  'GPU_COUNT: expected a number of GPUs from 0, got "-1"; ignoring it',
  'CF_QUICK_TUNNELS: expected true, false, open or a list of ports such as 8188,8888, got "maybe"; using false',
];

describe("invalid settings", () => {
  test("cost a line each, and ssh still works", async () => {
    const key = await keypair();
    await using container = await boot({ env: { ...wrong, SSH_PUBKEY: key.public } });
    await container.waitReady();
    const log = await container.logs();
    for (const line of lines) expect(log.split("\n").filter((text) => text.includes(line))).toHaveLength(1);
    expect((await container.ssh("echo $WORKSPACE", { key })).stdout).toBe("/workspace/\n");
  });

  test.each(["0", "70000"])("SSH_PORT=%s falls back to 22", async (port) => {
    const key = await keypair();
    await using container = await boot({ env: { SSH_PORT: port, SSH_PUBKEY: key.public } });
    await container.waitReady();
    await container.waitLog(`SSH_PORT: expected a port from 1 to 65535, got "${port}"; using 22`);
    expect((await container.ssh("true", { key })).code).toBe(0);
  });

  test("with AI_DOCK_STRICT the container ends with 78, naming all of them", async () => {
    const { stdout, code } = await runAttached({ env: { ...wrong, AI_DOCK_STRICT: "true" } });
    for (const line of lines) expect(stdout).toContain(line);
    expect(code).toBe(78);
  });
});

test("blanks around settings, as web forms leave them, cost nothing", async () => {
  const key = await keypair();
  const env = { SSH_PORT: "2222 ", WORKSPACE: "/data ", SSH_PUBKEY: ` ${key.public}\n` };
  await using container = await boot({ env });
  await container.waitReady();
  expect(await container.logs()).not.toContain("expected a port");
  expect((await container.ssh("echo $WORKSPACE", { key, port: 2222 })).stdout).toBe("/data/\n");
  expect(await container.sh("ls -d /data*")).toBe("/data");
});

describe("the command line", () => {
  test("tells what is wrong in one line and a hint", async () => {
    await using container = await boot();
    await container.waitReady();
    const call = async (...argv: string[]) => container.exec(["ai-dock", ...argv]);
    expect(await call("bogus")).toEqual({
      stdout: "",
      stderr: 'ai-dock: Unknown command "bogus"\nUsage: ai-dock --help\n',
      code: 2,
    });
    expect((await call("status", "--bogus")).code).toBe(2);
    expect((await call("start")).code).toBe(2);
    expect(await call("start", "nobody")).toMatchObject({
      stderr:
        'ai-dock: No such program: expected one of storagemonitor, cloudflared, sshd, rclone_mount, portal, caddy, got "nobody"\n',
      code: 1,
    });
    expect((await call("--help")).stdout).toContain("provision");
    for (const command of [
      "init",
      "logs",
      "status",
      "start",
      "stop",
      "restart",
      "signal",
      "env",
      "health",
      "provision",
    ]) {
      const { stdout, code } = await call(command, "--help");
      expect(stdout).toContain(`USAGE ai-dock ${command}`);
      expect(code).toBe(0);
    }
  });

  test("without a supervisor it exits with 4", async () => {
    await using container = await boot({ entrypoint: "sleep", cmd: ["1000"], healthcheck: false });
    for (const command of ["status", "health"])
      expect(await container.exec(["ai-dock", command])).toEqual({
        stdout: "",
        stderr: expect.stringContaining("No supervisor: ai-dock init is not running in this container"),
        code: 4,
      });
  });
});
