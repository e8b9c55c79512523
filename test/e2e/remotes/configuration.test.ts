import { expect, test } from "bun:test";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot, type BootOptions, type Container, tempFolder, waitFor } from "../harness.ts";
import { arrived, encrypt, farEnd, mountable, remotes, sha256, workspace, writeFiles } from "./_far.ts";

const mounted = (container: Container, name: string) =>
  waitFor(async () => (await remotes(container))[name]?.mounted, {
    what: `${name} to be mounted`,
    detail: () => container.logs(),
  });

test.concurrent("a path that cannot be a configuration costs the remotes in it, and nothing else", async () => {
  await using far = await farEnd();
  for (const path of ["/etc/passwd/x", `/etc/${"x".repeat(300)}`]) {
    await using container = await boot({
      ...mountable,
      env: { ...far.variables("far"), RCLONE_CONFIG: path },
      programs: { "app.conf": "[program:app]\ncommand=sleep 1000\n" },
    });
    await container.waitReady();
    expect(await container.sh("ai-dock status app")).toMatch(/^app +RUNNING/);
    expect((await container.exec(["ai-dock", "remotes"])).stderr).toMatch(
      /^ai-dock: RCLONE_CONFIG: expected a configuration that rclone can read at .*; its remotes are not mounted\n$/,
    );
    expect((await remotes(container))["far"]?.mounted).toBeTrue();
    const { stdout } = await container.exec(["ai-dock", "doctor"]);
    expect(stdout).toMatch(/^error +remotes +RCLONE_CONFIG: expected/m);
    expect(stdout).toMatch(/^ok +drop-ins/m);
    expect((await container.stop()).code).toBe(0);
  }
});

test.concurrent("names that rclone takes for something else are left out and told", async () => {
  await using far = await farEnd();
  const config = tempFolder();
  const names = ["../../etc", "a/b", "-x", "col:x", 'q"uote'];
  const text = [...names, ".cache", "_.cache"].map((name) => far.section(name)).join("");
  writeFileSync(join(config, "rclone.conf"), text);
  await using container = await boot({ ...mountable, mounts: [`${config}:/etc/rclone`] });
  const log = await container.waitLog(/init ready/);
  for (const name of names)
    expect(log).toContain(`Remote ${JSON.stringify(name)}: expected a name of letters`);
  await mounted(container, "_.cache");
  await mounted(container, ".cache");
  const rows = await remotes(container);
  expect(Object.keys(rows).toSorted()).toEqual([".cache", "_.cache"]);
  expect(rows[".cache"]!.path).not.toBe(rows["_.cache"]!.path);
  await container.sh("touch /etc/still-writable");
});

test.concurrent("a typo in the configuration takes no mount down", async () => {
  await using far = await farEnd();
  const config = tempFolder();
  const file = join(config, "rclone.conf");
  writeFileSync(file, far.section("one"));
  await using container = await boot({
    ...mountable,
    mounts: [`${config}:/etc/rclone`],
    env: far.variables("two"),
  });
  await mounted(container, "one");
  await mounted(container, "two");
  const pids = () => container.sh("supervisorctl pid rclone_mount:one rclone_mount:two");
  const before = await pids();
  // Half of a token that was wrapped when it was pasted.
  writeFileSync(file, `${far.section("one")}1//0gSECRET\n`);
  const { stdout, stderr } = await container.exec(["ai-dock", "update"]);
  expect(stdout + stderr).toContain("the remotes stay as they are");
  const shown = stdout + stderr + (await container.logs()) + (await container.sh("ai-dock doctor || true"));
  expect(shown).not.toContain("0gSECRET");
  expect(await pids()).toBe(before);
  writeFileSync(file, far.section("one") + far.section("three"));
  expect(await container.sh("ai-dock update")).toContain("rclone_mount:three: added");
  await mounted(container, "three");
  expect(await pids()).toBe(before);
});

/** Stops a container in the moment in which the command for the password of its configuration hangs. */
async function stopWhileAsked(options: Pick<BootOptions, "env" | "files">): Promise<string> {
  const config = tempFolder();
  writeFileSync(join(config, "rclone.conf"), "[far]\ntype = memory\n");
  await encrypt(config, "sesame");
  await using container = await boot({ ...mountable, mounts: [`${config}:/etc/rclone`], ...options });
  await waitFor(async () => (await container.exec(["pgrep", "-x", "sleep"])).code === 0);
  expect((await container.stop(30)).code).toBe(0);
  const log = await container.logs();
  // Its own time is longer than that of the stop: it was given up before.
  expect(log).not.toContain("no answer within");
  expect(await container.stopMilliseconds()).toBeLessThan(10_000);
  return log;
}

test.concurrent("a password command that hangs keeps no stop waiting", async () => {
  await stopWhileAsked({ env: { RCLONE_PASSWORD_COMMAND: "sleep 1000" } });
});

test.concurrent("a password command that hangs when programs are about to start keeps no stop waiting", async () => {
  const log = await stopWhileAsked({
    env: { RCLONE_PASSWORD_COMMAND: "sh /password.sh" },
    files: {
      "/password.sh": "#!/bin/sh\n[ ! -e /hang ] || sleep 1000\necho sesame\n",
      // Remotes are asked for again with what hooks export.
      "/opt/ai-dock/bin/preflight.d/10-limit.sh": "touch /hang\nexport RCLONE_BWLIMIT=1M\n",
    },
  });
  expect(log).not.toContain("started pid");
});

test.concurrent("a configuration that gives no answer in time costs the remotes in it alone", async () => {
  await using far = await farEnd();
  const config = tempFolder();
  writeFileSync(join(config, "rclone.conf"), "[hidden]\ntype = memory\n");
  await encrypt(config, "sesame");
  await using container = await boot({
    ...mountable,
    mounts: [`${config}:/etc/rclone`],
    env: { ...far.variables("far"), RCLONE_PASSWORD_COMMAND: "sleep 1000" },
  });
  await container.waitLog(/got: no answer within 15 s; its remotes are not mounted/);
  await mounted(container, "far");
});

test.concurrent("a remote that is switched off is left alone", async () => {
  await using far = await farEnd();
  await using container = await boot({
    ...mountable,
    env: { ...far.variables("far"), ...far.variables("other"), AI_DOCK_DISABLE: "rclone_mount:other" },
  });
  await mounted(container, "far");
  expect(await container.sh("ls -A /workspace/remote /workspace/remote/.cache | grep -c other || true")).toBe(
    "0",
  );
  expect((await remotes(container))["other"]).toMatchObject({
    state: "STOPPED",
    reason: "switched off by AI_DOCK_DISABLE",
  });
});

test.concurrent("two containers on one workspace: the second one mounts when the first has ended", async () => {
  await using far = await farEnd("--user", "me", "--pass", "word");
  const space = workspace();
  const start = async () => {
    // Obscured anew, it gives the cache another name.
    const env = far.variables("far", { user: "me", pass: await far.container.sh("rclone obscure word") });
    return boot({ ...mountable, mounts: [space.mount], env });
  };
  await using first = await start();
  await mounted(first, "far");
  // Open until the second one has met it.
  const writer =
    "exec 3>/workspace/remote/far/slow; seq 20 >&3; until [ -e /tmp/go ]; do sleep 0.1; done; seq 20 >&3; exec 3>&-";
  const writing = first.sh(writer);
  await using second = await start();
  await waitFor(async () => (await remotes(second))["far"]?.reason?.includes("in use by another container"), {
    what: "the second one to be told",
    detail: () => second.logs(),
  });
  await first.sh("touch /tmp/go");
  await writing;
  expect((await first.stop(30)).code).toBe(0);
  await mounted(second, "far");
  expect(await second.sh("cat /workspace/remote/far/slow | wc -l")).toBe("40");
});

test.concurrent("uploads below a folder that a remote does not show any more are kept and told", async () => {
  await using far = await farEnd();
  const space = workspace();
  const env = (folder: string) => ({
    ...far.variables("far"),
    RCLONE_CONFIG_AL_TYPE: "alias",
    RCLONE_CONFIG_AL_REMOTE: `far:${folder}`,
    RCLONE_VFS_WRITE_BACK: "1h",
  });
  await using before = await boot({ ...mountable, mounts: [space.mount], env: env("one") });
  await mounted(before, "al");
  await writeFiles(before, "/workspace/remote/al", 2);
  await before.kill();
  await before.wait();
  await using after = await boot({ ...mountable, mounts: [space.mount], env: env("two") });
  await after.waitLog(/al: ".*" holds 2 files for a folder that it does not show any more/);
  await mounted(after, "al");
  expect((await remotes(after))["al"]!.pending_files).toBe(2);
});

test.concurrent("a link in the place of a mount point is not followed", async () => {
  await using far = await farEnd();
  const space = workspace();
  symlinkSync("../data", join(space.folder, "remote/far"));
  await using container = await boot({ ...mountable, mounts: [space.mount], env: far.variables("far") });
  await container.sh("mkdir /workspace/data && echo mine >/workspace/data/file");
  await waitFor(async () => (await remotes(container))["far"]?.reason?.includes("to mount at, got a link"));
  expect(await container.sh("ai-dock restart rclone_mount:far; cat /workspace/data/file")).toContain("mine");
});

test.concurrent("mount points of remotes that are gone do not outlive a killed container", async () => {
  await using far = await farEnd();
  const space = workspace();
  await using before = await boot({ ...mountable, mounts: [space.mount], env: far.variables("old") });
  await mounted(before, "old");
  await before.kill();
  await before.wait();
  await using after = await boot({ ...mountable, mounts: [space.mount], env: far.variables("far") });
  await mounted(after, "far");
  expect(await after.sh("ls /workspace/remote")).toBe("far");
});

test.concurrent("a file that is still open at a stop is told, kept, and uploaded at the next start", async () => {
  await using far = await farEnd();
  await using container = await boot({ ...mountable, env: far.variables("far") });
  await mounted(container, "far");
  await container.sh(
    "setsid sh -c 'exec 3>/workspace/remote/far/open; echo data >&3; touch /tmp/open; sleep 1000' >/dev/null 2>&1 &",
  );
  await container.until("[ -e /tmp/open ]");
  await waitFor(async () => (await remotes(container))["far"]?.pending_files === 1);
  await container.stop(30);
  await container.waitLog(/far: not uploaded: 1 file \(.*\), kept in/);
  await container.start();
  await arrived(far, { open: sha256("data\n") });
});

test.concurrent("a link in the place of the folder of remotes has nothing mounted behind it", async () => {
  await using far = await farEnd();
  const space = workspace();
  rmSync(join(space.folder, "remote"), { recursive: true });
  symlinkSync("/etc", join(space.folder, "remote"));
  await using container = await boot({ ...mountable, mounts: [space.mount], env: far.variables("far") });
  await container.waitReady();
  expect((await remotes(container))["far"]?.reason).toContain(
    "/workspace/remote: a link, which is not followed",
  );
  expect(await container.sh("ls -d /etc/far /etc/.cache 2>/dev/null || true")).toBe("");
  expect(await container.sh("grep -c rclone /proc/mounts || true")).toBe("0");
});
