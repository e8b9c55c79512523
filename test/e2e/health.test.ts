import { expect, test } from "bun:test";
import { boot, waitFor } from "./harness.ts";

const broken = "[program:broken]\ncommand=false\nstartretries=0\n";
/** The image's own probe, more often. */
const more = ["--health-interval=1s"];

test("once healthy the image stays healthy, whatever becomes of a program", async () => {
  await using container = await boot({ programs: {}, more });
  await waitFor(async () => (await container.health()) === "healthy");
  container.writeProgram("broken.conf", broken);
  await container.exec(["ai-dock", "update"]);
  const probe = await waitFor(
    async () => (await container.state()).Health?.Log.find(({ Output }) => Output.includes("broken: FATAL")),
    { detail: async () => JSON.stringify((await container.state()).Health) },
  );
  expect(probe).toMatchObject({
    ExitCode: 0,
    Output: expect.stringMatching(/^alive: running\nbroken: FATAL/),
  });
  expect(await container.health()).toBe("healthy");
  const code = async (...flags: string[]) => (await container.exec(["ai-dock", "health", ...flags])).code;
  expect([await code(), await code("--started"), await code("--live")]).toEqual([1, 0, 0]);
  // Another supervisor has yet to be healthy.
  await container.restart();
  await waitFor(async () => (await container.sh("ai-dock status broken || true")).includes("FATAL"));
  expect([await code(), await code("--started"), await code("--live")]).toEqual([1, 1, 0]);
});

test("a container that was never healthy is not started", async () => {
  await using container = await boot({ programs: { "broken.conf": broken }, more });
  const probe = await waitFor(async () =>
    (await container.state()).Health?.Log.find(({ Output }) => Output.includes("broken: FATAL")),
  );
  expect(probe).toMatchObject({ ExitCode: 1, Output: expect.stringMatching(/^unhealthy: running\n/) });
  expect(await container.health()).not.toBe("healthy");
});

test("the image's probe reads a file; a supervisor that hangs is found out all the same", async () => {
  await using container = await boot({ programs: {}, more: [...more, "--health-timeout=4s"] });
  await waitFor(async () => (await container.health()) === "healthy");
  // Nothing is asked of the supervisor while its file holds: without a socket nobody could.
  await container.sh("mv /run/ai-dock/control.sock /run/ai-dock/away.sock");
  // It asks all the same where the supervisor waits for a disk at this very moment.
  const probe = await waitFor(
    async () => {
      const result = await container.exec(["/usr/local/lib/ai-dock/health"]);
      return result.code === 0 && result;
    },
    { what: "a probe that reads the file" },
  );
  expect(probe.stdout).toBe("healthy\n");
  expect(await container.exec(["ai-dock", "health"])).toMatchObject({ code: 4 });
  await container.sh("mv /run/ai-dock/away.sock /run/ai-dock/control.sock");
  await container.kill("STOP");
  await waitFor(async () => (await container.health()) === "unhealthy");
  await container.kill("CONT");
  await waitFor(async () => (await container.health()) === "healthy");
});
