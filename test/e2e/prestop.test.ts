import { expect, test } from "bun:test";
import { boot, type Container } from "./harness.ts";

const HOOK = "/opt/ai-dock/bin/prestop.d/10-test.sh";

/** Says that it goes; takes no time. */
const PROGRAM = `[program:app]
command=bash -c "trap 'echo app goes; exit 0' TERM; echo up; while :; do sleep 0.05; done"
`;

const programs = { "app.conf": PROGRAM };

async function ready(container: Container): Promise<Container> {
  await container.waitLog("app RUNNING");
  return await container.waitLog("app | up").then(() => container);
}

test.concurrent("docker stop: the script runs while programs run, then they stop", async () => {
  const hook = `echo "$AI_DOCK_STOP_REASON $AI_DOCK_STOP_SECONDS"; ai-dock status app; id -un; exit 3\n`;
  await using container = await boot({
    programs,
    files: { [HOOK]: hook },
    env: { AI_DOCK_STOP_TIMEOUT: "40" },
  });
  await ready(container);
  const { code } = await container.stop(60);
  const log = await container.logs();
  expect(code).toBe(0);
  expect(log).toMatch(
    /prestop \| signal 20\n[^]*prestop \| app +RUNNING[^]*prestop \| root\n[^]*10-test\.sh: expected exit code 0, got "3"[^]*init stopping code=0 reason=signal\n[^]*app \| app goes[^]*init stopped/,
  );
  expect(log).toContain("The container is about to stop (signal)");
});

test.concurrent("a script that hangs leaves programs half of the time, and docker stop has nothing to kill", async () => {
  const hook = "trap '' TERM; echo begun; while :; do sleep 0.1; done\n";
  const slow = PROGRAM.replace("echo app goes", "sleep 0.5; echo app goes");
  await using container = await boot({
    programs: { "app.conf": slow },
    files: { [HOOK]: hook },
    env: { AI_DOCK_STOP_TIMEOUT: "14" },
  });
  await ready(container);
  const { code, ms } = await container.stop(60);
  const log = await container.logs();
  expect(code).toBe(0);
  expect(ms).toBeLessThan(20_000);
  expect(log).toMatch(/10-test\.sh: ended, as programs have the rest[^]*app goes[^]*init stopped/);
  expect(log).not.toContain("killing it");
});

test.concurrent("a second SIGTERM hurries past the script, and programs stop as ever", async () => {
  await using container = await boot({
    programs,
    files: { [HOOK]: "echo begun; sleep 77\n" },
    env: { AI_DOCK_STOP_TIMEOUT: "150" },
  });
  await ready(container);
  await container.kill("TERM");
  await container.waitLog("prestop | begun");
  const started = performance.now();
  await container.kill("TERM");
  expect(await container.wait()).toBe(0);
  expect(performance.now() - started).toBeLessThan(30_000);
  expect(await container.logs()).toMatch(/as a second signal came[^]*app goes[^]*init stopped/);
});

test.concurrent("the end of the main command runs it with the whole time, which a SIGTERM shortens", async () => {
  await using container = await boot({
    cmd: ["bash", "-c", "until [ -e /end ]; do sleep 0.1; done; exit 5"],
    programs,
    files: { [HOOK]: 'echo "$AI_DOCK_STOP_REASON $AI_DOCK_STOP_SECONDS"; sleep 77\n' },
    env: { AI_DOCK_PRESTOP_TIMEOUT: "70", AI_DOCK_STOP_TIMEOUT: "8" },
  });
  await ready(container);
  await container.sh("touch /end");
  await container.waitLog("prestop | exit 70");
  const { code, ms } = await container.stop(60);
  expect(code).toBe(5);
  expect(ms).toBeLessThan(20_000);
  expect(await container.logs()).toMatch(/10-test\.sh: ended[^]*app goes[^]*init stopped/);
});

test.concurrent("a main command gets SIGTERM after the script, and keeps its exit code", async () => {
  await using container = await boot({
    cmd: [
      "bash",
      "-c",
      "trap 'echo command goes >&2; exit 6' TERM; echo >&2 command up; while :; do sleep 0.05; done",
    ],
    programs,
    files: { [HOOK]: "sleep 0.5; echo script done\n" },
    env: { AI_DOCK_STOP_TIMEOUT: "40" },
  });
  await container.waitLog("command up");
  await ready(container);
  expect((await container.stop(60)).code).toBe(6);
  expect(await container.logs()).toMatch(/script done[^]*command goes[^]*reason=signal[^]*app goes/);
});

test.concurrent("neither a stop during the boot nor AI_DOCK_PRESTOP_TIMEOUT=0 runs scripts", async () => {
  const files = { [HOOK]: "echo ran\n" };
  await using booting = await boot({
    programs,
    files: { ...files, "/opt/ai-dock/bin/provisioning.sh": "echo provisions; sleep 77\n" },
  });
  await booting.waitLog("provisions");
  await using off = await boot({ programs, files, env: { AI_DOCK_PRESTOP_TIMEOUT: "0" } });
  await ready(off);
  for (const container of [booting, off]) {
    const { code } = await container.stop();
    expect([code, await container.logs()]).toEqual([0, expect.not.stringContaining("prestop")]);
  }
});

test.concurrent("a FATAL program ends the container with 1 after the script", async () => {
  await using container = await boot({
    programs: { "bad.conf": "[program:bad]\ncommand=false\nstartretries=1\n" },
    files: { [HOOK]: 'echo "reason $AI_DOCK_STOP_REASON"\n' },
    env: { AI_DOCK_ON_FATAL: "exit" },
  });
  expect(await container.wait()).toBe(1);
  expect(await container.logs()).toMatch(/prestop \| reason fatal[^]*init stopping code=1 reason=fatal/);
});
