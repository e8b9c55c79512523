import { chmodSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "bun:test";
import { busyGpu, nvmlStandIn } from "../fixtures/nvml.ts";
import { idleState, quick, waitBusy, waitSeen } from "./_idle.ts";
import { boot, keypair, must, sshArgv, Terminal, waitFor } from "./harness.ts";

const app = `[program:app]
command=bun /fixtures/socket-fixture.ts 18188
web_port=8188
web_listen_port=18188
`;

const LOGIN = { Authorization: `Basic ${btoa("user:s3cret-password")}` };

test.concurrent("an ssh session keeps the container while it carries data, and no longer", async () => {
  const key = await keypair();
  await using container = await boot({
    healthcheck: false,
    env: { ...quick, SSH_PUBKEY: key.public, AI_DOCK_IDLE_MINUTES: "0.15", AI_DOCK_IDLE_ACTION: "exit" },
  });
  await container.waitReady();
  const options = { key, options: ["ServerAliveInterval=1"] };
  const host = await container.ip();
  // No terminal: 2 KiB twice a second, for longer than the limit. Then the session stays, with its keepalives.
  const script = "for i in $(seq 30); do head -c 2048 /dev/zero; sleep 0.5; done; exec sleep 1000";
  const session = Bun.spawn(sshArgv(host, script, options), { stdout: "ignore", stderr: "ignore" });
  await waitBusy(container, /^ssh: ssh session from \d+\.\d+\.\d+\.\d+$/);
  await Bun.sleep(12_000);
  expect((await container.state()).Running).toBe(true);
  expect(await container.logs()).not.toContain("warn idle");
  expect(await container.wait()).toBe(0);
  session.kill();
  expect(await container.logs()).toMatch(/warn idle Nobody uses[^]*nobody has used this container for 9 s/);
});

test.concurrent("logins that are refused, scans and requests without a login keep nothing", async () => {
  const [key, other] = [await keypair(), await keypair()];
  await using container = await boot({
    healthcheck: false,
    fixtures: true,
    programs: { "app.conf": app },
    env: { ...quick, SSH_PUBKEY: key.public, AI_DOCK_IDLE_MINUTES: "0.2", AI_DOCK_IDLE_ACTION: "exit" },
  });
  await container.waitReady();
  const host = await container.ip();
  const over = new AbortController();
  const knock = async () => {
    while (!over.signal.aborted) {
      await Promise.all([
        container.ssh("true", { key: other, options: ["ConnectTimeout=2"] }),
        fetch(`http://${host}:8188/?${"x".repeat(4000)}`, { signal: AbortSignal.timeout(2000) }).then(
          ({ status }) => expect(status).toBe(401),
          () => undefined,
        ),
        fetch(`http://${host}:1111/api/v1/idle`, {
          method: "POST",
          body: '{"seconds":7200}',
          signal: AbortSignal.timeout(2000),
        }).then(
          ({ status }) => expect(status).toBe(401),
          () => undefined,
        ),
      ]);
    }
  };
  const knocking = knock();
  expect(await container.wait()).toBe(0);
  over.abort();
  await knocking;
  const log = await container.logs();
  expect(log).toContain("nobody has used this container for 12 s");
  expect(log).not.toContain("the container stays");
});

test.concurrent("the web: requests with a login, websockets with data, and the button of the portal", async () => {
  await using container = await boot({
    healthcheck: false,
    fixtures: true,
    programs: { "app.conf": app },
    env: { ...quick, WEB_PASSWORD: "s3cret-password", AI_DOCK_IDLE_MINUTES: "0.1" },
  });
  await container.waitReady();
  const host = await container.ip();
  const url = `http://${host}:8188/`;
  await waitFor(async () => (await fetch(url).catch(() => undefined))?.status === 401);
  await waitBusy(container, /^boot|^cpu|^web/, false);
  await waitSeen(container, "requests through the portal", async () => {
    expect(await (await fetch(url, { headers: LOGIN })).text()).toBe("here\n");
  });
  for (const port of [8188, 1111])
    expect((await fetch(`http://${host}:${port}/.ai-dock/activity`, { headers: LOGIN })).status).toBe(404);
  // What a page asks for by itself counts for nothing.
  await waitBusy(container, "web:", false);
  const polling = setInterval(() => {
    void fetch(url, { headers: { ...LOGIN, "Sec-Fetch-Dest": "empty" } }).catch(() => undefined);
  }, 1500);
  const { looked } = await idleState(container);
  const later = await waitFor(async () => {
    const state = await idleState(container);
    return state.looked > looked + 3000 && state;
  });
  clearInterval(polling);
  expect(later.busy).toEqual([]);

  const socket = new WebSocket(`ws://${host}:8188/`, { headers: LOGIN } as unknown as string[]);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  const talking = setInterval(() => socket.send("x".repeat(2000)), 100);
  await waitBusy(container, "web: connection to port 18188");
  clearInterval(talking);
  await waitBusy(container, "web:", false);
  expect(socket.readyState).toBe(WebSocket.OPEN);
  await waitFor(async () => (await idleState(container)).phase === "reported");
  expect(await container.sh("ai-dock status")).toContain(
    "nobody has used this container for 6 s; AI_DOCK_IDLE_ACTION=report leaves it running",
  );

  const keep = async (headers: Record<string, string>) =>
    await fetch(`http://${host}:1111/api/v1/idle`, { method: "POST", headers, body: '{"seconds":7200}' });
  const foreign = { ...LOGIN, Origin: "http://evil.example", "Sec-Fetch-Site": "cross-site" };
  expect((await keep(foreign)).status).toBe(403);
  expect((await idleState(container)).kept_until).toBeNull();
  expect((await keep(LOGIN)).status).toBe(200);
  expect((await idleState(container)).kept_until).toBeGreaterThan(Date.now() + 7_000_000);
  expect(await container.sh("ai-dock status")).not.toContain("nobody has used");
});

test.concurrent("processors, the user's own command as the account, and provisioning after the boot", async () => {
  await using container = await boot({
    healthcheck: false,
    env: {
      AI_DOCK_IDLE_MINUTES: "0.1",
      AI_DOCK_IDLE_CPU: "25",
      USER_NAME: "maria",
      AI_DOCK_IDLE_CHECK: 'test "$(id -un)" = maria && test -e /tmp/busy',
    },
  });
  await container.waitReady();
  await waitFor(async () => (await idleState(container)).busy.length === 0);

  await container.sh("for i in 1 2; do setsid sh -c 'while :; do :; done; burn' >/dev/null 2>&1 & done");
  await waitBusy(container, "cpu: processors over 25 % of one core");
  await container.sh("pkill -f 'done; burn$'");
  await waitBusy(container, "cpu", false);

  await container.sh("touch /tmp/busy");
  await waitBusy(container, "check: AI_DOCK_IDLE_CHECK says so");
  await container.sh("rm /tmp/busy");
  await waitBusy(container, "check", false);

  await container.sh("echo 'until test -e /tmp/go; do sleep 0.1; done' >/tmp/slow.sh");
  await container.sh("setsid ai-dock provision /tmp/slow.sh >/dev/null 2>&1 &");
  await waitBusy(container, "provisioning: ai-dock provision runs");
  await container.sh("touch /tmp/go");
  await waitBusy(container, "provisioning", false);
});

test.concurrent("GPUs, typing on a terminal, and a container that was paused", async () => {
  const nvml = await nvmlStandIn();
  const config = `${dirname(nvml.library)}/config`;
  const load = (value: number | undefined) => {
    const { "gpu.0.load": _, ...rest } = busyGpu(0);
    nvml.set({ gpus: 1, ...rest, ...(value === undefined ? {} : { "gpu.0.load": value }) });
    chmodSync(config, 0o644);
  };
  load(0);
  await using container = await boot({
    healthcheck: false,
    devices: ["nvidiactl", "nvidia0"].map((name) => `/dev/null:/dev/${name}`),
    mounts: [
      `${nvml.library}:/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1:ro`,
      `${dirname(config)}:${dirname(config)}:ro`,
    ],
    env: { ...quick, AI_DOCK_IDLE_MINUTES: "0.1" },
  });
  await container.waitReady();
  await waitFor(async () => (await idleState(container)).busy.length === 0);

  load(60);
  await waitBusy(container, "gpu: nvidia GPU 0 over 5 %");
  load(undefined);
  const { busy } = await waitBusy(container, "gpu: nvidia GPU 0 tells no load");
  expect(busy.find(({ source }) => source === "gpu")?.measured).toBe(false);
  expect(await container.sh("ai-dock idle")).toContain("not measured, counts");
  load(0);
  await waitBusy(container, "gpu", false);

  await using terminals = new AsyncDisposableStack();
  let shell: Terminal | undefined;
  await waitSeen(container, "terminal pts/[0-9]+ was opened", async () => {
    shell = terminals.use(new Terminal(["docker", "exec", "-it", container.id, "bash"]));
    await shell.waitOutput("#");
  });
  await waitBusy(container, "terminal", false);
  await waitSeen(container, "typing on pts/[0-9]+", async () => shell?.write("x"));

  await waitSeen(container, "paused for [0-9]+ s, which counts as activity", async () => {
    await must(["docker", "pause", container.id]);
    await Bun.sleep(7000);
    await must(["docker", "unpause", container.id]);
  });
});
