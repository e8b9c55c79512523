import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { privateAuthority } from "../features/provisioning/server-fixture.ts";
import { boot, type BootOptions, must, waitFor } from "./harness.ts";

let server: ReturnType<typeof Bun.serve>;
let base = "";
let bridge = "";

const scripts: Record<string, string> = {
  "/ok.sh": "#!/bin/bash\necho provisioned\nexport FROM_SCRIPT='a b'\nexit 0\n",
  "/crlf.sh": "#!/bin/bash\r\nif true; then\r\n  echo mended\r\nfi\r\n",
  "/python.py": '#!/usr/bin/env perl\nprint "other shebang\\n";\n',
  "/fails.sh": "#!/bin/bash\necho failing\nexit 1\n",
  "/slow.sh": "#!/bin/bash\nsleep 1\ntouch /tmp/provisioned\n",
  "/deaf.sh": "#!/bin/bash\n(trap '' TERM; exec sleep 77) &\nwait\n",
  "/leaves.sh":
    "#!/bin/bash\nnohup bash -c 'while echo tick; do sleep 0.1; done' &\necho $! >/tmp/left\necho provisioned\n",
  "/endless.sh": "#!/bin/bash\necho begun\nsleep 600\n",
};

beforeAll(async () => {
  bridge = await must(["docker", "network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Gateway}}"]);
  server = Bun.serve({
    hostname: bridge,
    port: 0,
    fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/moved") return Response.redirect("/ok.sh", 302);
      if (pathname === "/page")
        return new Response("<!doctype html><p>hello", { headers: { "content-type": "text/html" } });
      const script = scripts[pathname];
      return script === undefined ? new Response("no", { status: 404 }) : new Response(script);
    },
  });
  base = `http://${bridge}:${server.port}`;
});

afterAll(() => server.stop(true));

const provision = async (path: string, more: BootOptions = {}) => {
  const env = { PROVISIONING_SCRIPT: `${base}${path}`, ...more.env };
  const container = await boot({ ...more, env });
  await container.waitReady();
  return container;
};

describe("provisioning", () => {
  test("runs the script before any program, and what it exports reaches programs and shells", async () => {
    const program = "[program:show]\ncommand=sh -c 'echo \"got $FROM_SCRIPT\"; sleep 600'\n";
    await using container = await provision("/moved", { programs: { "show.conf": program } });
    await container.waitLog("show | got a b");
    const log = await container.logs();
    expect(log.indexOf("provisioning | provisioned")).toBeGreaterThan(-1);
    expect(log.indexOf("provisioning | provisioned")).toBeLessThan(log.indexOf("show started"));
    expect(await container.sh("bash -ic 'echo $FROM_SCRIPT' 2>/dev/null")).toBe("a b");
    expect(await container.sh("ai-dock logs provisioning")).toContain("provisioned");
  });

  test.each([
    ["/crlf.sh", "provisioning | mended"],
    ["/python.py", "provisioning | other shebang"],
    ["/fails.sh", 'expected exit code 0 of "/opt/ai-dock/bin/provisioning.sh", got "1"'],
    ["/missing", "404"],
    ["/page", "HTML"],
  ])("%s: %s", async (path, text) => {
    await using container = await provision(path);
    await container.waitLog(text);
    if (path === "/missing" || path === "/page") {
      expect(await container.sh("ls /opt/ai-dock/bin/provisioning.sh 2>/dev/null || echo none")).toBe("none");
    }
  });

  test("a wrong checksum is not run", async () => {
    await using container = await provision("/ok.sh", { env: { PROVISIONING_SHA256: "0".repeat(64) } });
    await container.waitLog("got one with the checksum");
    expect(await container.logs()).not.toContain("provisioning | provisioned");
  });

  test("https: trusts a private CA from SSL_CERT_FILE or among the system's, and no other", async () => {
    const { ca, cert, key } = privateAuthority(bridge);
    using secure = Bun.serve({
      hostname: bridge,
      port: 0,
      tls: { cert, key },
      fetch: () => new Response(scripts["/ok.sh"]),
    });
    const env = { PROVISIONING_SCRIPT: `https://${bridge}:${secure.port}/ok.sh` };
    const text = await Bun.file(ca).text();
    await using byVariable = await boot({
      env: { ...env, SSL_CERT_FILE: "/ca.pem" },
      files: { "/ca.pem": text },
    });
    await using bySystem = await boot({ env, files: { "/etc/ssl/certs/ca-certificates.crt": text } });
    await using stranger = await boot({ env });
    await byVariable.waitLog("provisioning | provisioned");
    await bySystem.waitLog("provisioning | provisioned");
    await stranger.waitReady();
    await stranger.waitLog(/error provisioning PROVISIONING_SCRIPT: .*certificate/i);
    expect(await stranger.logs()).not.toContain("provisioning | provisioned");
  });

  test("a proxy is used for what lies outside", async () => {
    const env = { HTTP_PROXY: base, PROVISIONING_SCRIPT: "http://nowhere.invalid/ok.sh" };
    await using container = await boot({ env });
    await container.waitLog("provisioning | provisioned");
  });

  test("a mounted script is run", async () => {
    const script = "#!/bin/bash\necho mounted\n";
    await using container = await boot({ files: { "/opt/ai-dock/bin/provisioning.sh": script } });
    await container.waitReady();
    await container.waitLog("provisioning | mounted");
  });

  test("no program starts before it ends", async () => {
    const program = "[program:late]\ncommand=sh -c 'test -e /tmp/provisioned && echo after; sleep 600'\n";
    await using container = await provision("/slow.sh", { programs: { "late.conf": program } });
    await container.waitLog("late | after");
  });

  test.each(["/endless.sh", "/deaf.sh"])(
    "%s ends after PROVISIONING_TIMEOUT, and boot goes on",
    async (path) => {
      await using container = await provision(path, { env: { PROVISIONING_TIMEOUT: "1" } });
      await container.waitLog("PROVISIONING_TIMEOUT");
      await waitFor(async () => (await container.sh("pgrep -c sleep || true")) === "0", {
        what: "no process of the script",
        detail: () => container.sh("ps axf"),
      });
    },
  );

  test("SIGTERM in the middle of it stops the container at once, with 0", async () => {
    const env = { PROVISIONING_SCRIPT: `${base}/endless.sh`, AI_DOCK_STOP_TIMEOUT: "60" };
    await using container = await boot({ env });
    await container.waitLog("provisioning | begun");
    const { code, ms } = await container.stop(90);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(20_000);
  });

  test("ai-dock provision runs another one, with its output and exit code; its exports reach restarts", async () => {
    const program = "[program:show]\ncommand=sh -c 'echo \"got $FROM_SCRIPT\"; sleep 600'\n";
    await using container = await boot({ programs: { "show.conf": program } });
    await container.waitReady();
    const ok = await container.exec(["ai-dock", "provision", `${base}/ok.sh`]);
    expect(ok.stdout).toContain("provisioned");
    expect(ok.code).toBe(0);
    await container.sh("ai-dock restart show");
    await container.waitLog("show | got a b");
    expect(await container.sh("bash -ic 'echo $FROM_SCRIPT' 2>/dev/null")).toBe("a b");
    expect((await container.exec(["ai-dock", "provision", `${base}/fails.sh`])).code).toBe(1);
  });

  test("ai-dock provision returns while a process of the script goes on, whose output the log keeps", async () => {
    await using container = await boot();
    await container.waitReady();
    const { code, stdout } = await container.exec(["ai-dock", "provision", `${base}/leaves.sh`]);
    expect(stdout).toContain("provisioned");
    expect(code).toBe(0);
    const log = "/var/log/supervisor/provisioning.log";
    const ticks = async () => Number(await container.sh(`grep -c tick ${log} || true`));
    const before = await ticks();
    await waitFor(async () => (await ticks()) > before, { what: "more of its output in the log" });
    expect(await container.sh("kill -0 $(cat /tmp/left) && echo alive")).toBe("alive");
    const { stdout: again, code: failed } = await container.exec([
      "ai-dock",
      "provision",
      `${base}/fails.sh`,
    ]);
    expect([again.includes("failing"), failed]).toEqual([true, 1]);
  });

  test("two runs at a time lose nothing that either of them exports, nor what one takes back", async () => {
    await using container = await boot({ env: { TAKEN: "away" } });
    await container.waitReady();
    const wait = "echo begun >/tmp/begun; until [ -e /tmp/go ]; do sleep 0.1; done";
    await container.sh(`printf '%s\n' '${wait}' 'export FROM_SLOW=1' >/tmp/slow.sh`);
    await container.sh("printf '%s\n' 'export FROM_FAST=1' 'unset TAKEN' >/tmp/fast.sh");
    const slow = container.exec(["ai-dock", "provision", "/tmp/slow.sh"]);
    await waitFor(async () => (await container.exec(["test", "-e", "/tmp/begun"])).code === 0);
    expect((await container.exec(["ai-dock", "provision", "/tmp/fast.sh"])).code).toBe(0);
    await container.sh("touch /tmp/go");
    expect((await slow).code).toBe(0);
    const seen = "echo ${FROM_SLOW-none} ${FROM_FAST-none} ${TAKEN-none}";
    expect(await container.sh(`ai-dock shell -- bash -c '${seen}'`)).toBe("1 1 none");
    expect(await container.sh(`env -i bash -ic '${seen}' 2>/dev/null`)).toBe("1 1 none");
  });

  test("ai-dock provision waits for no boot: it says that the container boots, and exits with 1", async () => {
    await using container = await boot({ env: { PROVISIONING_SCRIPT: `${base}/endless.sh` } });
    await container.waitLog("provisioning | begun");
    const { stderr, code } = await container.exec(["ai-dock", "provision"]);
    expect(stderr).toStartWith("ai-dock: The container is still booting");
    expect(code).toBe(1);
  });

  test("ai-dock provision FILE leaves the image's own script, which the next boot runs", async () => {
    const path = "/opt/ai-dock/bin/provisioning.sh";
    await using container = await boot();
    await container.waitReady();
    await container.sh(`echo 'echo image' >${path}; echo 'echo fixed' >/tmp/fix.sh`);
    const { stdout, code } = await container.exec(["ai-dock", "provision", "fix.sh"], { cwd: "/tmp" });
    expect([stdout.includes("fixed"), code]).toEqual([true, 0]);
    expect(await container.read(path)).toBe("echo image\n");
    await container.restart();
    await container.waitLog("provisioning | image");
  });
});

test("settings that preflight.sh exports count from then on; WORKSPACE comes too late, which is one line", async () => {
  await using container = await boot({
    files: {
      "/opt/ai-dock/bin/preflight.sh":
        "export PROVISIONING_SCRIPT=/opt/mine.sh AI_DOCK_DISABLE=app WORKSPACE=/elsewhere/ CF_TUNNEL_TOKEN=tunnel-secret\n",
      "/opt/mine.sh": "echo provisioned in $WORKSPACE with $CF_TUNNEL_TOKEN\n",
    },
    programs: { "app.conf": "[program:app]\ncommand=sleep 600\n" },
  });
  const log = await container.waitLog("provisioning | provisioned in /workspace/ with");
  expect(log.match(/WORKSPACE: expected a value before.*/g)).toEqual([
    'WORKSPACE: expected a value before the first script of the boot, got "/elsewhere/" from a script; using /workspace/',
  ]);
  const reasons = await waitFor(async () => {
    const programs = JSON.parse(await container.sh("ai-dock status --json")) as {
      name: string;
      reason: string;
    }[];
    return programs.length > 0 && Object.fromEntries(programs.map(({ name, reason }) => [name, reason]));
  });
  expect(reasons).toMatchObject({ app: "switched off by AI_DOCK_DISABLE" });
  expect(reasons["cloudflared"]).not.toBe("CF_TUNNEL_TOKEN is not set");
});
