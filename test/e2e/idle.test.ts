import { chmodSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "bun:test";
import { busyGpu, nvmlStandIn } from "../fixtures/nvml.ts";
import { idleState, idleStateLater, quick, waitBusy, waitLooks, waitSeen } from "./_idle.ts";
import { boot, keypair, must, sshArgv, Terminal, waitFor } from "./harness.ts";

const app = `[program:app]
command=bun /fixtures/socket-fixture.ts 18188
web_port=8188
web_listen_port=18188
ready=tcp:18188
`;

const LOGIN = { Authorization: `Basic ${btoa("user:s3cret-password")}` };

test.concurrent("an ssh session keeps the container while it carries data, and no longer", async () => {
  const key = await keypair();
  await using container = await boot({
    healthcheck: false,
    env: {
      ...quick,
      SSH_PUBKEY: key.public,
      AI_DOCK_IDLE_MINUTES: "0.15",
      // Late enough that a look which waits for a processor brings none.
      AI_DOCK_IDLE_WARNING: "0.03",
      AI_DOCK_IDLE_ACTION: "exit",
    },
  });
  await container.waitReady();
  const options = { key, options: ["ServerAliveInterval=1"] };
  const host = await container.ip();
  // No terminal: 2 KiB twice a second, for longer than the limit. Then the session stays, with its keepalives.
  const script = "until test -e /tmp/go; do head -c 2048 /dev/zero; sleep 0.5; done; exec sleep 1000";
  const session = Bun.spawn(sshArgv(host, script, options), { stdout: "ignore", stderr: "ignore" });
  await waitBusy(container, /^ssh: ssh session from \d+\.\d+\.\d+\.\d+$/);
  await Bun.sleep(12_000);
  expect((await container.state()).Running).toBe(true);
  expect(await container.logs()).not.toContain("warn idle");
  await container.sh("touch /tmp/go");
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
  const answers = new Set<number>();
  const ask = async (path: string, init: RequestInit = {}) => {
    const signal = AbortSignal.timeout(2000);
    const response = await fetch(`http://${host}:${path}`, { ...init, signal }).catch(() => undefined);
    if (response !== undefined) answers.add(response.status);
  };
  const knock = async () => {
    while (!over.signal.aborted) {
      await Promise.all([
        container.ssh("true", { key: other, options: ["ConnectTimeout=2"] }),
        ask(`8188/?${"x".repeat(4000)}`),
        ask("1111/api/v1/idle", { method: "POST", body: '{"seconds":7200}' }),
      ]);
      await Bun.sleep(100);
    }
  };
  const knocking = knock();
  expect(await container.wait()).toBe(0);
  over.abort();
  await knocking;
  expect(answers).toContain(401);
  // While the container stops, the portal may be gone before Caddy.
  expect([...answers].filter((status) => ![401, 502, 504].includes(status))).toEqual([]);
  const log = await container.logs();
  expect(log).toContain("nobody has used this container for 12 s");
  // A portal that gets no processor for 3 s tells nothing, which counts.
  expect(log).not.toMatch(/the container stays: (?!the portal does not tell)/);
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
  await waitLooks(container, 2);
  // What a page asks for by itself counts for nothing.
  await waitBusy(container, "web:", false);
  const polling = setInterval(() => {
    void fetch(url, { headers: { ...LOGIN, "Sec-Fetch-Dest": "empty" } }).catch(() => undefined);
  }, 1500);
  const states = await waitLooks(container, 4);
  clearInterval(polling);
  // That the portal was too slow to tell of requests is no request.
  expect(states.flatMap(({ busy }) => busy.filter(({ measured }) => measured))).toEqual([]);

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
  // A look that was under way tells of its end itself.
  await waitFor(async () => !(await container.sh("ai-dock status")).includes("nobody has used"), {
    what: "the notice to go",
  });
});

test.concurrent("processors, the user's own command as the account, and provisioning after the boot", async () => {
  await using container = await boot({
    healthcheck: false,
    // It gets its part of busy processors.
    more: ["--cpu-shares", "100000"],
    env: {
      AI_DOCK_IDLE_MINUTES: "0.1",
      AI_DOCK_IDLE_CPU: "10",
      USER_NAME: "maria",
      AI_DOCK_IDLE_CHECK: 'test "$(id -un)" = maria && test -e /tmp/busy',
    },
  });
  await container.waitReady();
  await waitFor(async () => (await idleStateLater(container)).busy.length === 0);

  await container.sh("for i in 1 2 3 4; do setsid sh -c 'while :; do :; done; burn' >/dev/null 2>&1 & done");
  await waitBusy(container, "cpu: processors over 10 % of one core", true, idleStateLater);
  await container.sh("pkill -f 'done; burn$'");
  await waitBusy(container, "cpu", false, idleStateLater);

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
  // The kernel notes in steps of 8 s when something was typed: only the first key of a step is seen.
  await waitSeen(container, "typing on pts/[0-9]+", async () => shell?.write("x"));

  await waitSeen(container, "paused for [0-9]+ s, which counts as activity", async () => {
    // The kernel does not freeze a process that waits for another to begin its program.
    await waitFor(async () => await must(["docker", "pause", container.id]), { what: "the pause" });
    await Bun.sleep(7000);
    await must(["docker", "unpause", container.id]);
  });
});
