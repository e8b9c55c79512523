import { describe, expect, test } from "bun:test";
import { runAttached } from "../harness.ts";
import { bootChild, childImage, environmentOfApp } from "./_child.ts";

/** A line like the one of vast.ai's templates; what follows it keeps bash from becoming ai-dock itself. */
const onstart = 'env | grep _ >> /etc/environment; /opt/ai-dock/bin/init.sh; echo "onstart ended with $?"';

describe("ways to start a child image", () => {
  test('init.sh EXTRA_VAR="other value"', async () => {
    await using container = await bootChild("2023", { cmd: ["init.sh", "EXTRA_VAR=other value"] });
    expect(await environmentOfApp(container, "2023")).toMatchObject({ EXTRA_VAR: "other value" });
    expect((await container.stop()).code).toBe(0);
  });

  test("bash -c …, with the environment of the boot and the app beside it", async () => {
    const script =
      "until curl -sf localhost:8188 >/dev/null; do sleep 0.1; done; echo $WORKSPACE $APP_GREETING; exit 3";
    const { stdout, code } = await runAttached({
      image: await childImage("2023"),
      cmd: ["bash", "-c", script],
    });
    expect(stdout).toBe("/workspace/ hello from preflight\n");
    expect(code).toBe(3);
  });

  test("--init", async () => {
    await using container = await bootChild("2023", { init: true });
    await environmentOfApp(container, "2023");
    expect(await container.sh("ps -o comm= -p 1")).not.toBe("ai-dock");
    expect((await container.stop()).code).toBe(0);
    await container.waitLog("app STOPPED");
  });

  test("--entrypoint /opt/ai-dock/bin/init.sh, as templates have it", async () => {
    await using container = await bootChild("2023", {
      entrypoint: "/opt/ai-dock/bin/init.sh",
      cmd: ["EXTRA_VAR=other value"],
    });
    expect(await environmentOfApp(container, "2023")).toMatchObject({ EXTRA_VAR: "other value" });
    expect((await container.stop()).code).toBe(0);
  });

  test("an onstart script of vast.ai, where bash is process 1", async () => {
    await using container = await bootChild("2023", {
      entrypoint: "bash",
      env: { EXTRA_VAR: "other value" },
      cmd: ["-c", onstart],
    });
    expect(await environmentOfApp(container, "2023")).toMatchObject({ EXTRA_VAR: "other value" });
    await container.waitReady();
    expect(await container.sh("ps -o comm= -p 1")).toBe("bash");
    expect(await container.sh("grep -c '^EXTRA_VAR=' /etc/environment")).toBe("1");
    // The container may end before this command has.
    await container.exec(["supervisorctl", "shutdown"]);
    expect(await container.wait()).toBe(0);
    await container.waitLog("onstart ended with 0");
  });

  test("a start command of a template that calls init.sh once more: it boots once, and a lost one takes nothing along", async () => {
    await using container = await bootChild("2023", {
      cmd: ["bash", "-c", 'echo begun; EXTRA_VAR=1 /opt/ai-dock/bin/init.sh; echo "template ended with $?"'],
    });
    await environmentOfApp(container, "2023");
    await container.waitLog("ai-dock runs in this container already");
    expect((await container.logs()).match(/app started/g)).toHaveLength(1);
    await container.waitReady();
    // One that is called by hand stays until it is interrupted, and the supervisor answers afterwards.
    expect(await container.sh("timeout 1 init.sh A=b; echo $?")).toContain("124");
    // With a command it is that command.
    expect(
      await container.exec(["init.sh", "GREETING=hi", "--", "bash", "-c", "echo $GREETING; exit 7"]),
    ).toEqual({
      stdout: "hi\n",
      stderr: "",
      code: 7,
    });
    const failed = await container.exec(["init.sh", "--", "/etc/passwd"]);
    expect(failed.code).toBe(126);
    expect(failed.stderr).toContain("'/etc/passwd' is not executable");
    expect(await container.sh("supervisorctl status app")).toMatch(/^app +RUNNING/);
    expect((await container.stop()).code).toBe(143);
  });

  test("--read-only, with memory where programs write", async () => {
    await using container = await bootChild("2023", {
      readOnly: true,
      tmpfs: ["/run", "/tmp", "/var/log", "/workspace"],
    });
    expect(await environmentOfApp(container, "2023")).toMatchObject({
      APP_GREETING: "hello from preflight",
      WORKSPACE_MOUNTED: "true",
    });
    await container.waitReady();
    expect((await container.stop()).code).toBe(0);
  });

  test("--user 1000, with places that user may write to", async () => {
    await using container = await bootChild("2023", {
      user: "1000",
      tmpfs: ["/run", "/var/log/supervisor", "/workspace"].map((path) => `${path}:uid=1000`),
    });
    expect(await environmentOfApp(container, "2023")).toMatchObject({
      APP_GREETING: "hello from preflight",
      WORKSPACE_UID: "1000",
    });
    await container.waitReady();
    expect(await container.sh("ps -o user:20= -C perl")).toBe("1000");
    expect(await container.sh("supervisorctl stop app")).toBe("app: stopped");
    expect((await container.stop()).code).toBe(0);
  });

  test("--user 1000 with nowhere to write: main command and exit code are still its own", async () => {
    const { stdout, stderr, code } = await runAttached({
      image: await childImage("2023"),
      user: "1000",
      cmd: ["bash", "-c", "id -u; echo $WORKSPACE; exit 3"],
    });
    expect(stdout).toBe("1000\n/workspace/\n");
    expect(stderr).toContain("shells may lack the boot environment");
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(3);
  });
});
