import { expect, test } from "bun:test";
import { boot } from "./harness.ts";

/** Nodes that can be opened stand in for NVIDIA's. */
const devices = ["nvidiactl", "nvidia0"].map((name) => `/dev/null:/dev/${name}`);

/** A node that the device rules do not name: the kernel refuses it with EPERM, as it does after a reload of systemd. */
const forbid = "mknod /dev/new c 195 255 && mv -f /dev/new /dev/nvidiactl";
const allow = "mknod -m 666 /dev/new c 1 3 && mv -f /dev/new /dev/nvidiactl";

const lost =
  'GPU lost: the device rules of this container forbid /dev/nvidiactl, as after "systemctl daemon-reload"';
/** A look a minute. */
const limit = 120_000;

test.concurrent("a lost GPU is told, and its return", async () => {
  await using container = await boot({ devices, healthcheck: false });
  await container.waitReady();
  await container.sh(forbid);
  await container.waitLog(lost, { limit });
  expect(await container.sh("ai-dock status")).toContain(lost);
  expect((await container.exec(["ai-dock", "health"])).code).toBe(0);
  await container.sh(allow);
  await container.waitLog("the GPU is back", { limit });
  expect(await container.sh("ai-dock status")).not.toContain("GPU lost");
});

test.concurrent("AI_DOCK_ON_GPU_LOSS=unhealthy makes every probe fail", async () => {
  await using container = await boot({ devices, env: { AI_DOCK_ON_GPU_LOSS: "unhealthy" } });
  await container.waitReady();
  await container.sh(forbid);
  await container.waitLog(lost, { limit });
  for (const probe of [[], ["--started"]]) {
    const { stdout, stderr, code } = await container.exec(["ai-dock", "health", ...probe]);
    expect({ code, told: `${stdout}${stderr}` }).toEqual({ code: 1, told: expect.stringContaining(lost) });
  }
  expect((await container.exec(["ai-dock", "health", "--live"])).code).toBe(0);
});

test.concurrent("AI_DOCK_ON_GPU_LOSS=exit ends the container", async () => {
  await using container = await boot({ devices, env: { AI_DOCK_ON_GPU_LOSS: "exit" } });
  await container.waitReady();
  await container.sh(forbid);
  expect(await container.wait()).toBe(1);
  await container.waitLog(`${lost} on the host; restart the container: AI_DOCK_ON_GPU_LOSS=exit`);
});
