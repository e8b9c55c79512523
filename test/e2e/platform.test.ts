import { expect, test } from "bun:test";
import { platformApi } from "../fixtures/platform-api.ts";
import { boot, must, type Result, waitFor } from "./harness.ts";

const KEY = "container-key-0123456789";
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

test("the cloud is asked from inside, agrees after two failures, and its SIGTERM stops the container", async () => {
  let stopped: Promise<unknown> = Promise.resolve();
  let asking: Promise<Result> | undefined;
  await using api = platformApi({
    instance: { platform: "vast", id: "4711", key: KEY },
    hostname: bridge,
    // A cloud takes a while, so that who asks hears its answer.
    onStop: () => (stopped = Promise.resolve(asking).then(async () => await container.stop(60))),
  });
  const looked = Promise.withResolvers<void>();
  api.next.push({ status: 503, after: looked.promise }, { status: 429, headers: { "retry-after": "1" } });
  const env = { CONTAINER_ID: "4711", CONTAINER_API_KEY: KEY, AI_DOCK_IDLE_ACTION: "vast" };
  const files = {
    "/etc/ai-dock/platform-api": api.url,
    [HOOK]: 'echo "$AI_DOCK_STOP_REASON"\n',
  };
  await using container = await boot({ env, files });
  await container.waitReady();
  expect(await container.sh("ai-dock doctor || true")).toContain(
    "CONTAINER_ID 4711 and CONTAINER_API_KEY are there",
  );
  asking = container.exec(["ai-dock", "platform-stop", "vast"]);
  await waitFor(() => api.asked.length > 0, { what: "the cloud to be asked" });
  const processes = await container.sh("cat /proc/[0-9]*/cmdline | tr '\\0' ' '");
  expect(processes).toContain("platform-stop vast");
  expect(processes).not.toContain(KEY);
  looked.resolve();
  const { stdout, code } = await asking;
  expect(code).toBe(0);
  expect(stdout).toMatch(/^warn .*HTTP 503;.*\nwarn .*HTTP 429;.*\ninfo vast\.ai stops instance 4711\n$/);
  expect(api.asked.map(({ method, path }) => `${method} ${path}`)).toEqual(
    Array.from({ length: 3 }, () => "PUT /api/v0/instances/4711/"),
  );
  await stopped;
  const log = await container.logs();
  expect(log).toContain("prestop | signal");
  expect(log).not.toContain(KEY);
});

test("RunPod is asked once; a stop that never comes leaves the container as it is", async () => {
  await using api = platformApi({
    instance: { platform: "runpod", id: "abc123", key: KEY },
    hostname: bridge,
  });
  api.next.push("forget");
  const env = { RUNPOD_POD_ID: "abc123", RUNPOD_API_KEY: KEY };
  await using container = await boot({ env, files: { "/etc/ai-dock/platform-api": api.url } });
  await container.waitReady();
  const { code, stdout } = await container.exec(["ai-dock", "platform-stop", "runpod"]);
  expect([code, stdout]).toEqual([0, "info RunPod stops pod abc123\n"]);
  expect(api.asked.map(({ method }) => method)).toEqual(["POST"]);
  expect((await container.state()).Running).toBe(true);
});

test("a container at the end of its hours runs its scripts with all their time, asks its cloud, and stops once", async () => {
  let stopped: Promise<unknown> = Promise.resolve();
  let log = "";
  await using api = platformApi({
    instance: { platform: "runpod", id: "abc123", key: KEY },
    hostname: bridge,
    onStop: () => {
      stopped = container.waitLog("prestop | saved").then(async (text) => {
        log = text;
        return await container.stop(60);
      });
    },
  });
  const env = {
    RUNPOD_POD_ID: "abc123",
    RUNPOD_API_KEY: KEY,
    AI_DOCK_MAX_HOURS: "0.001",
    AI_DOCK_IDLE_ACTION: "runpod",
    AI_DOCK_STOP_TIMEOUT: "4",
  };
  const files = {
    "/etc/ai-dock/platform-api": api.url,
    [HOOK]: 'echo "begun $AI_DOCK_STOP_REASON $AI_DOCK_STOP_SECONDS"; sleep 3; echo saved\n',
  };
  await using container = await boot({ env, files });
  expect(await container.wait()).toBe(0);
  await stopped;
  expect(log).toMatch(/prestop \| begun max-hours 60\n[^]*prestop \| saved\n/);
  expect(api.asked.length).toBe(1);
  const all = await container.logs();
  expect(all).toContain("init stopping code=0 reason=max-hours");
  expect(all.split("prestop | begun").length).toBe(2);
});
