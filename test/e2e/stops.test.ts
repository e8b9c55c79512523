import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot, type Container, waitFor } from "./harness.ts";
import { farEnd, mountable } from "./remotes/_far.ts";

const program = (name: string, command: string, more = "") =>
  `[program:${name}]\ncommand=${command}\nstartsecs=0\n${more}`;

const state = (container: Container, name: string) =>
  container.sh(`supervisorctl status ${name} | awk '{print $2}'`);

const count = (container: Container, command: string) =>
  container.sh(`pgrep -cxf '(/usr/bin/)?${command}' || true`);

test.concurrent("a stop ends what a program has left that ended long ago", async () => {
  await using container = await boot({
    programs: {
      "left.conf": program("left", `bash -c "sleep 3333 & exit 0"`, "autorestart=false\n"),
      "crashed.conf": program("crashed", `bash -c "sleep 4444 & exit 1"`, "startretries=0\n"),
    },
  });
  await waitFor(async () => (await state(container, "left")) === "EXITED");
  for (const left of ["sleep 3333", "sleep 4444"])
    await waitFor(async () => (await count(container, left)) !== "0", { what: left });
  expect(await count(container, "sleep 3333")).toBe("1");
  await container.sh("ai-dock stop left crashed");
  expect(await count(container, "sleep 3333")).toBe("0");
  expect(await count(container, "sleep 4444")).toBe("0");
});

test.concurrent("a restart in the middle of an update leaves no second process", async () => {
  const slow = (version: number) =>
    program(
      "slow",
      `bash -c "trap 'rm /go' TERM; touch /go; : ${version}; while [ -e /hold ]; do sleep 0.1; done"`,
      "stopwaitsecs=100\n",
    );
  await using container = await boot({
    programs: { "slow.conf": slow(1), "b.conf": program("b", "sleep 1111") },
  });
  await container.waitReady();
  await container.sh("touch /hold; supervisorctl restart slow; until [ -e /go ]; do sleep 0.1; done");
  container.writeProgram("slow.conf", slow(2));
  container.writeProgram("b.conf", program("b", "sleep 2222"));
  const updated = container.exec(["ai-dock", "update"]);
  await waitFor(async () => (await state(container, "slow")) === "STOPPING");
  await waitFor(async () => (await state(container, "b")) === "STOPPED");
  await container.sh("ai-dock restart b");
  expect(await count(container, "sleep 1111")).toBe("1");
  await container.sh("rm /hold");
  expect((await updated).code).toBe(0);
  expect(await count(container, "sleep 1111")).toBe("0");
  expect(await count(container, "sleep 2222")).toBe("1");
});

test.concurrent("a process that not even KILL ends holds up no update but its own", async () => {
  await using far = await farEnd();
  writeFileSync(join(far.folder, "file"), "content");
  const job = (command: string) => program("job", command, "stopwaitsecs=1\nautorestart=false\n");
  await using container = await boot({
    ...mountable,
    env: far.variables("far"),
    programs: { "job.conf": job("cat /workspace/remote/far/file"), "b.conf": program("b", "sleep 1111") },
  });
  await container.waitLog("rclone_mount:far ready");
  await far.goAway();
  await container.sh("ai-dock start job");
  const stop = await container.exec(["ai-dock", "stop", "job"]);
  expect(stop.code).toBe(1);
  expect(stop.stdout + stop.stderr).toMatch(/job: .*process \d+ is still there 10 s after KILL/);
  expect((await container.exec(["ai-dock", "status", "job"])).stdout).toMatch(/STOPPING.*is still there/);
  const start = await container.exec(["supervisorctl", "start", "job"]);
  expect(start.stdout + start.stderr).toContain("is still there");

  container.writeProgram("job.conf", job("sleep 3333"));
  container.writeProgram("b.conf", program("b", "sleep 2222"));
  const update = await container.exec(["ai-dock", "update"]);
  expect(update.code).toBe(78);
  expect(update.stdout + update.stderr).toMatch(/job: process \d+ is still there.*; update again/);
  expect(await count(container, "sleep 2222")).toBe("1");
  await far.comeBack();
  // The start that was asked for comes when it can, then the update.
  await waitFor(async () => (await state(container, "job")) === "EXITED", { what: "the end of the job" });
  await container.sh("ai-dock update");
  expect(await count(container, "sleep 3333")).toBe("1");
});
