import { expect, test } from "bun:test";
import { platformApi } from "../fixtures/platform-api.ts";
import { farEnd, mountable } from "./remotes/_far.ts";
import { idleState, quick, waitBusy, waitSeen } from "./_idle.ts";
import { boot, keypair, must, sshArgv, Terminal, waitFor } from "./harness.ts";

const HOOK = "/opt/ai-dock/bin/prestop.d/10-test.sh";

/** Where a container finds a server of this machine. */
const bridge = await must([
  "docker",
  "network",
  "inspect",
  "bridge",
  "-f",
  "{{(index .IPAM.Config 0).Gateway}}",
]);

test.concurrent("terminals, webhook and status are told, typing keeps the container, and then it ends with 0", async () => {
  const key = await keypair();
  const told: { event: string; seconds_left: number | null; message: string }[] = [];
  using server = Bun.serve({
    hostname: bridge,
    port: 0,
    async fetch(request) {
      told.push((await request.json()) as (typeof told)[number]);
      return new Response("ok");
    },
  });
  const webhook = `http://${bridge}:${server.port}/hook/s3cret-path`;
  await using container = await boot({
    healthcheck: false,
    files: { [HOOK]: 'echo "$AI_DOCK_STOP_REASON"\n' },
    env: {
      ...quick,
      AI_DOCK_IDLE_MINUTES: "0.6",
      // So long, as somebody looks and types meanwhile.
      AI_DOCK_IDLE_WARNING: "0.3",
      AI_DOCK_IDLE_ACTION: "exit",
      AI_DOCK_WEBHOOK: webhook,
      SSH_PUBKEY: key.public,
    },
  });
  await container.waitReady();
  const argv = (command?: string) =>
    sshArgv(host, command, { key, tty: true, options: ["ServerAliveInterval=1"] });
  const host = await container.ip();
  await using shell = new Terminal(argv());
  await shell.waitOutput("#");
  // A client that is stopped while output waits for it: its terminal takes nothing any more.
  const hung = Bun.spawn(argv("yes"), { stdout: "ignore", stderr: "ignore" });
  await waitFor(async () => (await container.exec(["pgrep", "-x", "yes"])).code === 0, {
    what: "output for it",
  });
  hung.kill("SIGSTOP");

  await shell.waitOutput(
    /\*\*\* ai-dock: Nobody uses this container: the container ends in \d+ s; any activity/,
  );
  expect(await container.sh("ai-dock status")).toMatch(/^Nobody uses this container: .* in \d+ s/m);
  shell.write("true\r");
  await shell.waitOutput(/\*\*\* ai-dock: the container stays: typing on pts\/\d+ \*\*\*/);
  expect((await idleState(container)).phase).toBeOneOf(["busy", "idle"]);
  expect(await container.sh("ai-dock status")).not.toContain("Nobody uses");

  await container.sh("AI_DOCK_IDLE_MINUTES=0.1 env-store AI_DOCK_IDLE_MINUTES");
  expect(await container.wait()).toBe(0);
  hung.kill("SIGKILL");
  const log = await container.logs();
  expect(log).toContain("warn idle nobody has used this container for 6 s: the container ends");
  expect(log).toContain("prestop | idle\n");
  expect(log).not.toContain("s3cret-path");
  expect(shell.output).toContain("nobody has used this container for 6 s: the container ends");
  await waitFor(() => told.some(({ event }) => event === "idle_end"));
  expect(told.map(({ event }) => event)).toEqual(["idle_warning", "idle_kept", "idle_warning", "idle_end"]);
  expect(told[0]?.seconds_left).toBe(18);
});

test.concurrent("provisioning is not cut off, and a lifetime ends in use; keep does not change that", async () => {
  // As soon as nothing but the lifetime limits the container, and that is over.
  const script = `ends() { ai-dock idle --json | jq -r '.ends | select(.why == "lifetime").at'; }
until at=$(ends) && [ "$at" ]; do sleep 0.1; done
until later=$(ends) && [ "$later" ] && [ $((later - at)) -gt 5000 ]; do sleep 0.1; done
echo all provisioned
`;
  await using container = await boot({
    healthcheck: false,
    files: { "/provision.sh": script },
    env: {
      ...quick,
      PROVISIONING_SCRIPT: "/provision.sh",
      AI_DOCK_MAX_HOURS: "0.005",
      AI_DOCK_IDLE_MINUTES: "0.05",
      AI_DOCK_IDLE_WARNING: "0.05",
      AI_DOCK_IDLE_ACTION: "exit",
    },
  });
  await waitBusy(container, "boot: provisioning");
  await container.sh("ai-dock idle keep 2h");
  expect(await container.wait()).toBe(0);
  const log = await container.logs();
  expect(log).toMatch(
    /all provisioned\n[^]*warn idle This container is at the end of its 18 s: the container ends in 3 s/,
  );
  expect(log).toMatch(
    /this container is older than 18 s: the container ends\n[^]*stopping code=0 reason=max-hours/,
  );
});

test.concurrent("provisioning that hangs does not get round the lifetime for ever", async () => {
  await using container = await boot({
    healthcheck: false,
    files: { "/provision.sh": "sleep 1000\n" },
    env: {
      ...quick,
      PROVISIONING_SCRIPT: "/provision.sh",
      AI_DOCK_MAX_HOURS: "0.002",
      AI_DOCK_IDLE_ACTION: "exit",
    },
  });
  expect(await container.wait()).toBe(0);
  const log = await container.logs();
  const [, from, to] = /(\S+) info \S+ .*?[^]*?(\S+) warn idle this container is older/.exec(log) ?? [];
  expect(Date.parse(to ?? "") - Date.parse(from ?? "")).toBeWithin(13_000, 100_000);
});

test.concurrent("a command as root, which the container outlives; env-store turns the guard on", async () => {
  await using container = await boot({
    healthcheck: false,
    env: { ...quick, AI_DOCK_IDLE_ACTION: "exec:id -un; date +%s%N >>/tmp/ran" },
  });
  await container.waitReady();
  expect(await container.sh("ai-dock idle")).toBe(
    "Off: neither AI_DOCK_IDLE_MINUTES nor AI_DOCK_MAX_HOURS is set",
  );
  const { code, stderr } = await container.exec(["ai-dock", "idle", "keep", "2h"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("is off")]);
  await container.sh("AI_DOCK_IDLE_MINUTES=soon env-store AI_DOCK_IDLE_MINUTES");
  await container.waitLog(
    'AI_DOCK_IDLE_MINUTES: expected a number of minutes from 0, which is never, to 525600, got "soon"; using 0',
  );
  expect(await container.sh("ai-dock idle")).toMatch(/^Off/);
  await container.sh("AI_DOCK_IDLE_MINUTES=0.1 env-store AI_DOCK_IDLE_MINUTES");
  await container.waitLog("idle | root");
  await waitFor(async () => (await idleState(container)).phase === "reported");
  expect(await container.sh("ai-dock status")).toContain("the command of AI_DOCK_IDLE_ACTION has run");
  // Only after somebody has come back.
  const ran = async () => (await container.sh("cat /tmp/ran")).split("\n").length;
  expect(await ran()).toBe(1);
  await container.sh("ai-dock idle keep 1s");
  await waitFor(async () => (await ran()) >= 2);
  await container.sh(
    "AI_DOCK_IDLE_ACTION=exec:no-such-command env-store AI_DOCK_IDLE_ACTION; ai-dock idle keep 1s",
  );
  await container.waitLog("expected a command that can run, got exit code 127; the container goes on");
  expect((await container.state()).Running).toBe(true);
});

test.concurrent("a cloud that refuses: the container ends by itself", async () => {
  const key = "container-key-0123456789";
  await using api = platformApi({
    instance: { platform: "vast", id: "4711", key: "another-key" },
    hostname: bridge,
  });
  await using container = await boot({
    healthcheck: false,
    files: { "/etc/ai-dock/platform-api": api.url },
    env: {
      ...quick,
      CONTAINER_ID: "4711",
      CONTAINER_API_KEY: key,
      AI_DOCK_IDLE_MINUTES: "0.1",
      AI_DOCK_IDLE_ACTION: "vast",
    },
  });
  expect(await container.wait()).toBe(0);
  expect(api.asked.map(({ method, path }) => `${method} ${path}`)).toEqual(["PUT /api/v0/instances/4711/"]);
  const log = await container.logs();
  expect(log).toContain("the cloud does not stop this container; it ends by itself");
  expect(log).not.toContain(key);
});

test.concurrent("a cloud that agrees stops the container", async () => {
  let stopped: Promise<unknown> = Promise.resolve();
  await using api = platformApi({
    instance: { platform: "runpod", id: "abc123", key: "pod-key-0123456789" },
    hostname: bridge,
    onStop: () => (stopped = Bun.sleep(500).then(async () => await container.stop(60))),
  });
  // What scripts before the stop do takes processors, over some looks, and is no use of the container.
  const save = "echo saves; timeout 5 sh -c 'while :; do :; done'; echo saved\n";
  await using container = await boot({
    healthcheck: false,
    files: { "/etc/ai-dock/platform-api": api.url, [HOOK]: save },
    env: {
      ...quick,
      RUNPOD_POD_ID: "abc123",
      RUNPOD_API_KEY: "pod-key-0123456789",
      AI_DOCK_IDLE_MINUTES: "0.1",
      AI_DOCK_IDLE_CPU: "30",
      AI_DOCK_IDLE_ACTION: "runpod",
    },
  });
  expect(await container.wait()).toBe(0);
  await stopped;
  const log = await container.logs();
  expect(log).toMatch(/saved\n[^]*info idle RunPod stops pod abc123\n[^]*stopping code=0 reason=idle/);
  expect(log.match(/saves\n/g)).toHaveLength(1);
  expect(log).not.toContain("the container stays");
});

test.concurrent("uploads that wait, downloads, and a port that is open to everybody", async () => {
  await using far = await farEnd();
  const block = new Uint8Array(100_000);
  using server = Bun.serve({
    hostname: bridge,
    port: 0,
    fetch() {
      const stream = new ReadableStream({
        async pull(controller) {
          await Bun.sleep(50);
          controller.enqueue(block);
        },
      });
      return new Response(stream);
    },
  });
  await using container = await boot({
    ...mountable,
    healthcheck: false,
    fixtures: true,
    env: { ...quick, ...far.variables("far"), AI_DOCK_IDLE_MINUTES: "0.1", RCLONE_VFS_WRITE_BACK: "8s" },
  });
  await container.waitReady();
  await waitFor(async () => (await idleState(container)).busy.length === 0);
  await waitSeen(container, "uploads to far wait", async () => {
    await container.sh("echo data >/workspace/remote/far/file");
  });
  await waitFor(() => far.has("file"));
  await waitBusy(container, "uploads", false);

  const download = `curl -s http://${bridge}:${server.port}/ >/dev/null 2>&1`;
  await container.sh(`setsid ${download} </dev/null &`);
  await waitBusy(container, "transfer: programs of the container send or load data");
  await container.sh("pkill -x curl");
  await waitBusy(container, "transfer", false);

  await container.sh(
    "setsid bun -e 'Bun.listen({hostname: \"0.0.0.0\", port: 9000, socket: {data() {}}})' >/dev/null 2>&1 &",
  );
  const hostname = await container.ip();
  const socket = await waitFor(
    async () => await Bun.connect({ hostname, port: 9000, socket: { data: () => undefined } }),
  );
  const talking = setInterval(() => socket.write(new Uint8Array(2000)), 200);
  await waitBusy(container, /^port: connection to port 9000 from \d+\.\d+\.\d+\.\d+$/);
  clearInterval(talking);
  await waitBusy(container, "port:", false);
  socket.end();
});
