import { describe, expect, test } from "bun:test";
import { boot, type Container, keypair, run, waitFor } from "./harness.ts";
import { Cloudflare, tunnels } from "./tunnels/_cloudflare.ts";

const key = await keypair();

const PROVISIONING = "/opt/ai-dock/bin/provisioning.sh";
const HOOK = "/opt/ai-dock/bin/preflight.d/10-test.sh";

/** Runs until somebody lets it end. */
const held = (more = "") =>
  `#!/bin/bash\n${more}\necho begun\nuntil [ -e /tmp/go ]; do sleep 0.05; done\necho ended\n`;

const web = { WEB_PASSWORD: "s3cret-password" };
const late = `[program:late]\ncommand=sh -c 'echo "late got $FROM_HOOK $FROM_SCRIPT"; exec sleep 600'\n`;

/** The environment that sshd itself has given a session, before any shell has read a file. */
const given = async (container: Container, name: string) => {
  const command = `tr '\\0' '\\n' </proc/$$/environ | grep '^${name}=' || echo none`;
  const { code, stdout, stderr } = await container.ssh(command, { key });
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
};

const statusOf = async (container: Container) => await container.sh("ai-dock status || true");

describe("early programs", () => {
  test.concurrent("ssh and the portal answer while provisioning runs, and go on after it", async () => {
    await using container = await boot({
      env: { ...web, SSH_PUBKEY: key.public, AI_DOCK_EARLY: "sshd,portal", GIVEN: "by docker" },
      files: {
        [HOOK]: "export FROM_HOOK=hook\n",
        [PROVISIONING]: held("export FROM_SCRIPT=script"),
      },
      programs: { "late.conf": late },
    });
    await container.waitLog("provisioning | begun");
    await waitFor(async () => (await container.ssh("true", { key })).code === 0, {
      what: "ssh during provisioning",
      detail: () => container.logs(),
    });
    const login = await waitFor(
      async () => {
        const code = await container.sh(
          "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:1111/ || true",
        );
        return code !== "000" && code;
      },
      { what: "the portal during provisioning", detail: () => container.logs() },
    );
    expect(login).toBe("401");
    expect(await container.logs()).not.toContain("provisioning | ended");
    const during = await waitFor(
      async () => {
        const status = await statusOf(container);
        return (
          ["sshd", "portal", "caddy"].every((name) => new RegExp(`^${name} +RUNNING`, "m").test(status)) &&
          status
        );
      },
      { what: "early programs that are RUNNING", detail: () => statusOf(container) },
    );
    expect(during).toMatch(
      /^The container is booting \(provisioning, for \d:\d\d:\d\d\); see: ai-dock logs -f$/m,
    );
    expect(during).not.toContain("late");
    expect((await container.exec(["ai-dock", "restart", "late"])).stderr).toContain("still booting");
    // A session of now has what was there when sshd started, and by its shell what the hooks have exported.
    expect(await given(container, "GIVEN")).toBe("GIVEN=by docker");
    expect(await given(container, "FROM_HOOK")).toBe("none");
    expect((await container.ssh("echo $FROM_HOOK", { key })).stdout).toBe("hook\n");
    const pids = "pgrep -xo sshd; pgrep -of 'ai-dock portal'; pgrep -of 'caddy run'";
    const before = await container.sh(pids);

    await container.ssh("touch /tmp/go", { key });
    await container.waitReady();
    await container.waitLog("late | late got hook script");
    expect(await container.sh(pids)).toBe(before);
    await waitFor(
      async () => (await given(container, "FROM_SCRIPT").catch(() => "")) === "FROM_SCRIPT=script",
      {
        what: "a session with what provisioning has exported",
        detail: () => container.logs(),
      },
    );
    expect(await given(container, "FROM_HOOK")).toBe("FROM_HOOK=hook");
    expect(await statusOf(container)).not.toContain("booting");
  });

  test.concurrent("the portal has a tunnel while provisioning runs, and keeps the address", async () => {
    const cloudflare = new Cloudflare();
    await using container = await cloudflare.boot({
      env: { ...web, CF_QUICK_TUNNELS: "true", AI_DOCK_EARLY: "portal,quicktunnel" },
      files: { [PROVISIONING]: held() },
    });
    const address = () =>
      waitFor(
        async () => {
          const row = (await tunnels(container)).find(({ target }) => target?.endsWith(":1111"));
          return row?.ready && row.url;
        },
        { what: "a tunnel to the portal", detail: () => container.logs() },
      );
    const during = await address();
    expect(await container.logs()).not.toContain("provisioning | ended");
    await container.sh("touch /tmp/go");
    await container.waitReady();
    expect(await address()).toBe(during);
    expect(cloudflare.starts()).toHaveLength(1);
  });

  test.concurrent("an early program of an image of 2024 waits until the boot has ended, killed containers included", async () => {
    const waits = [
      "[program:app]",
      "command=bash -c 'echo waiting; while [[ -f /run/workspace_sync || -f /run/container_config ]]; do sleep 0.05; done; echo goes on; exec sleep 600'",
      "early=true",
    ];
    const marks = "ls /run/container_config /run/workspace_sync 2>/dev/null || true";
    await using container = await boot({
      files: {
        [HOOK]: "until [ -e /tmp/hook ]; do sleep 0.05; done\n",
        [PROVISIONING]: `${held()}exit 1\n`,
      },
      programs: { "app.conf": `${waits.join("\n")}\n` },
    });
    await container.waitLog("app | waiting");
    // Nothing is synced, so that the second one is gone by the first hook.
    await waitFor(async () => (await container.sh(marks)) === "/run/container_config", { what: "the mark" });
    await container.sh("touch /tmp/hook");
    await container.waitLog("provisioning | begun");
    await container.kill();
    await container.start();
    await waitFor(async () => (await container.logs()).split("app | waiting").length === 3, {
      what: "the second boot",
    });
    await waitFor(async () => (await container.sh(marks)) === "/run/container_config", {
      what: "the mark at the second boot",
    });
    expect(await container.logs()).not.toContain("app | goes on");
    await container.sh("touch /tmp/go");
    await container.waitLog("app | goes on");
    await container.waitReady();
    expect(await container.sh(marks)).toBe("");
    await container.waitLog(/provisioning \| ended[^]*app \| goes on/);
    // A stop in the middle of provisioning leaves none, and lets nothing go on.
    await container.sh("rm /tmp/go");
    await container.restart();
    await waitFor(async () => (await container.logs()).split("provisioning | begun").length === 4, {
      what: "the third boot",
    });
    const before = (await container.logs()).split("app | goes on").length;
    await container.stop();
    expect((await container.logs()).split("app | goes on")).toHaveLength(before);
    const { stdout } = await run(["docker", "diff", container.id]);
    expect(stdout).not.toContain("container_config");
  });

  test.concurrent("by default the page alone is early: everything else starts after provisioning", async () => {
    await using container = await boot({
      env: { ...web, SSH_PUBKEY: key.public },
      files: { [PROVISIONING]: held() },
      programs: { "late.conf": late },
    });
    await container.waitLog("provisioning | begun");
    await waitFor(async () => /^caddy +RUNNING.* ready/m.test(await statusOf(container)), {
      what: "the portal during provisioning",
    });
    expect(await statusOf(container)).not.toMatch(/^(sshd|late) /m);
    expect(await container.sh("pgrep -x sshd || echo none")).toBe("none");
    await container.sh("touch /tmp/go");
    await container.waitReady();
    const log = await container.waitLog(/late started[^]*init ready/);
    expect(log).toMatch(/provisioning \| ended[^]*sshd started/);
    expect(log.indexOf("late started")).toBeGreaterThan(log.indexOf("provisioning | ended"));
  });

  test.concurrent("a drop-in that a hook writes or rewrites counts, and sees what hooks export", async () => {
    const folder = "/etc/supervisor/supervisord/conf.d";
    const program = (name: string, says: string, more = "") =>
      `[program:${name}]\ncommand=sh -c 'echo "${says} $FROM_HOOK"; exec sleep 600'\n${more}`;
    const hook = [
      "until [ -e /tmp/go ]; do sleep 0.05; done",
      "export FROM_HOOK=hook",
      `printf '%s' '${program("changed", "second", "early=true\n").replaceAll("'", "'\\''")}' >${folder}/changed.conf`,
      `printf '%s' '${program("made", "made", "early=true\n").replaceAll("'", "'\\''")}' >${folder}/made.conf`,
      `rm ${folder}/gone.conf`,
    ];
    await using container = await boot({
      env: { AI_DOCK_EARLY: "gone,shhd" },
      files: { [HOOK]: `${hook.join("\n")}\n` },
      programs: {
        "changed.conf": program("changed", "first", "early=true\n"),
        "gone.conf": program("gone", "gone"),
        "same.conf": program("same", "same", "early=true\nenvironment=V=%(ENV_GIVEN)s\n"),
        "waits.conf": program("waits", "waits", "early=true\ndepends_on=late\n"),
        "late.conf": late,
      },
      args: ["GIVEN=x"],
    });
    await container.waitLog("changed | first");
    await container.waitLog("same | same");
    await container.waitLog("gone | gone");
    expect(await statusOf(container)).not.toMatch(/^(waits|late|made) /m);
    const pid = await container.sh("ai-dock status same | grep -o 'pid [0-9]*'");
    await container.sh("touch /tmp/go");
    await container.waitReady();
    await container.waitLog("changed | second hook");
    await container.waitLog("made | made hook");
    await container.waitLog("waits | waits hook");
    await container.waitLog("late | late got hook");
    expect(await container.sh("ai-dock status same | grep -o 'pid [0-9]*'")).toBe(pid);
    expect(await statusOf(container)).not.toMatch(/^gone /m);
    const log = await container.logs();
    expect(log).toContain(
      "waits: expected to start early, but depends on late; it starts with the others, after provisioning",
    );
    expect(log).toContain('AI_DOCK_EARLY: expected names of programs, got "shhd"; ignoring it');
    // Its next start has what hooks have exported.
    await container.sh("ai-dock restart same");
    await container.waitLog("same | same hook");
  });

  test.concurrent("a hook may switch the portal off, which was up before it", async () => {
    await using container = await boot({
      env: web,
      files: { [HOOK]: "until [ -e /tmp/go ]; do sleep 0.05; done\nexport AI_DOCK_PORTAL=false\n" },
    });
    await waitFor(async () => /^portal +RUNNING/m.test(await statusOf(container)), {
      what: "the portal before the hook ends",
    });
    await container.sh("touch /tmp/go");
    await container.waitReady();
    const off = "STOPPED   switched off by AI_DOCK_PORTAL=false";
    expect(await statusOf(container)).toMatch(new RegExp(`^portal +${off}$`, "m"));
    expect(await statusOf(container)).toMatch(new RegExp(`^caddy +${off}$`, "m"));
  });

  test.concurrent("SERVERLESS starts no sshd and no portal, at once or later; by request they start", async () => {
    await using container = await boot({
      env: { ...web, SSH_PUBKEY: key.public, SERVERLESS: "true", AI_DOCK_EARLY: "sshd,portal" },
      files: { [PROVISIONING]: "#!/bin/bash\ntrue\n" },
      programs: { "late.conf": late },
    });
    await container.waitReady();
    const status = await statusOf(container);
    for (const name of ["sshd", "portal", "caddy", "cloudflared"])
      expect(status).toMatch(new RegExp(`^${name} +STOPPED +switched off by SERVERLESS$`, "m"));
    expect(status).toMatch(/^late +RUNNING/m);
    await container.sh("ai-dock start sshd");
    // It is RUNNING after a second, and may listen later.
    await waitFor(async () => (await container.ssh("echo in", { key })).stdout === "in\n", {
      what: "ssh after the start",
      detail: () => container.logs(),
    });
  });

  test.concurrent("SIGTERM during provisioning stops early programs, too, within the time there is", async () => {
    await using container = await boot({
      env: { SSH_PUBKEY: key.public, AI_DOCK_EARLY: "sshd,deaf", AI_DOCK_STOP_TIMEOUT: "6" },
      files: {
        [PROVISIONING]: "#!/bin/bash\ntrap '' TERM\nsleep 601 &\necho begun\nwait\n",
      },
      programs: {
        "deaf.conf":
          "[program:deaf]\ncommand=sh -c 'trap \"\" TERM; echo up; while :; do sleep 1; done'\nstopwaitsecs=5\n",
      },
    });
    await container.waitLog("provisioning | begun");
    await container.waitLog("deaf | up");
    const { code } = await container.stop(30);
    expect(code).toBe(0);
    await container.waitLog("init stopped");
    // The script took 2 s of the 6, and the killed program no more than the rest, which is less than its own 5.
    await container.waitLog(/deaf did not stop within (the time there is|[0-3](\.\d+)? s); killing it/);
  });

  test.concurrent("AI_DOCK_STRICT and a failed script: 78, and early programs are stopped", async () => {
    await using container = await boot({
      env: { AI_DOCK_STRICT: "true", AI_DOCK_EARLY: "early" },
      files: { [PROVISIONING]: `${held()}exit 7\n` },
      programs: {
        "early.conf":
          "[program:early]\ncommand=sh -c 'trap \"echo told; exit\" TERM; echo up; sleep 600 & wait'\n",
      },
    });
    await container.waitLog("early | up");
    await container.sh("touch /tmp/go");
    expect(await container.wait()).toBe(78);
    await container.waitLog("early | told");
  });

  test.concurrent("AI_DOCK_ON_FATAL=exit and an early program that fails: the script is not waited for", async () => {
    await using container = await boot({
      env: { AI_DOCK_ON_FATAL: "exit", AI_DOCK_EARLY: "early" },
      files: { [PROVISIONING]: held() },
      programs: { "early.conf": "[program:early]\ncommand=/bin/false\nstartretries=0\n" },
    });
    expect(await container.wait()).toBe(1);
    expect(await container.logs()).not.toContain("provisioning | ended");
  });
});
