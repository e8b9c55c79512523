import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot, type BootOptions, type Container, must, waitFor } from "../harness.ts";
import { arrived, farEnd, mountable, remotes, workspace, writeFiles } from "./_far.ts";

const cannot: Record<string, [options: BootOptions, reason: RegExp]> = {
  "without the capability": [{ devices: ["/dev/fuse"] }, /capability SYS_ADMIN: not granted.*--cap-add/],
  "without the device": [{ capAdd: ["SYS_ADMIN"] }, /\/dev\/fuse: not there.*--device \/dev\/fuse/],
};

for (const [name, [options, reason]] of Object.entries(cannot)) {
  test.concurrent(`${name} a warning file, words in status and doctor, a healthy container, and rclone all the same`, async () => {
    await using far = await farEnd();
    const space = workspace();
    await using container = await boot({ ...options, mounts: [space.mount], env: far.variables("far") });
    await container.waitReady();
    expect(await container.sh("ls /workspace/remote")).toBe("WARNING-CANNOT-MOUNT-REMOTES.txt");
    expect(await container.read("/workspace/remote/WARNING-CANNOT-MOUNT-REMOTES.txt")).toMatch(reason);
    const { stdout } = await container.exec(["ai-dock", "status"]);
    expect(stdout).toMatch(/^rclone_mount:far +STOPPED/m);
    expect(stdout).toMatch(reason);
    expect(await container.sh("ai-dock doctor || true")).toMatch(
      /^error +(capability SYS_ADMIN|\/dev\/fuse) /m,
    );
    await container.sh("echo hello | rclone rcat far:greeting");
    expect(far.has("greeting")).toBeTrue();
  });
}

test.concurrent("the warning goes once remotes can be mounted", async () => {
  await using far = await farEnd();
  const space = workspace();
  await using before = await boot({ mounts: [space.mount], env: far.variables("far") });
  await before.waitReady();
  await before.stop();
  await using after = await boot({ ...mountable, mounts: [space.mount], env: far.variables("far") });
  await after.waitReady();
  expect(await after.sh("ls /workspace/remote")).toBe("far");
});

test.concurrent("a far end that is not there at first: patience, the reason meanwhile, and mounted when it is", async () => {
  await using far = await farEnd();
  await far.goAway();
  // What lies below the root of another remote is looked up before the mount.
  const env = {
    ...far.variables("far"),
    RCLONE_CONFIG_BELOW_TYPE: "alias",
    RCLONE_CONFIG_BELOW_REMOTE: "far:folder",
    RCLONE_CONTIMEOUT: "3s",
    RCLONE_TIMEOUT: "3s",
    RCLONE_LOW_LEVEL_RETRIES: "1",
  };
  await using container = await boot({ ...mountable, env });
  const below = async () => (await remotes(container))["below"];
  await waitFor(
    async () => {
      const row = await below();
      return row?.state === "BACKOFF" && /timeout|deadline|refused/i.test(row.reason ?? "");
    },
    { what: "the reason in BACKOFF", detail: () => container.logs(), limit: 150_000 },
  );
  await far.comeBack();
  await waitFor(async () => (await below())?.mounted, {
    what: "the remote to be mounted",
    detail: () => container.logs(),
    limit: 150_000,
  });
});

test.concurrent("without root: mounted by fusermount3, again after SIGKILL, and protected while it is not mounted", async () => {
  await using far = await farEnd();
  const user = {
    user: "33",
    tmpfs: ["/workspace", "/run", "/var/log/supervisor"].map((path) => `${path}:uid=33`),
  };
  await using container = await boot({ ...mountable, ...user, env: far.variables("far") });
  await container.waitReady();
  // The container has the device with its mode on the host, which may let in root alone.
  await must(["docker", "exec", "--user", "0", container.id, "chmod", "666", "/dev/fuse"]);
  await container.sh("ai-dock start rclone_mount:far");
  await waitFor(async () => (await remotes(container))["far"]?.mounted);
  const files = await writeFiles(container, "/workspace/remote/far", 3);
  await container.sh("pkill -KILL -x rclone");
  await arrived(far, files);
  await waitFor(async () => (await remotes(container))["far"]?.state === "RUNNING");
  await container.sh("ai-dock stop rclone_mount:far");
  expect((await container.exec(["bash", "-c", "echo lost >/workspace/remote/far/lost"])).stderr).toContain(
    "Permission denied",
  );
  expect((await container.exec(["ai-dock", "doctor"])).stdout).toContain("logins by ssh need root");
});

test.concurrent("without root: a fusermount3 that hangs while it unmounts blocks nobody, and mounts again when it ends", async () => {
  await using far = await farEnd();
  const hangs =
    '#!/bin/sh\n[ "$1" != -uz ] || [ -e /tmp/go ] || exec sleep 1000\nexec /usr/bin/fusermount3 "$@"\n';
  await using container = await boot({
    ...mountable,
    user: "33",
    tmpfs: ["/workspace", "/run", "/var/log/supervisor"].map((path) => `${path}:uid=33`),
    files: { "/usr/local/bin/fusermount3": hangs },
    env: far.variables("far"),
  });
  await container.waitReady();
  await must(["docker", "exec", "--user", "0", container.id, "chmod", "666", "/dev/fuse"]);
  await must(["docker", "exec", "--user", "0", container.id, "chmod", "755", "/usr/local/bin/fusermount3"]);
  await container.sh("ai-dock start rclone_mount:far");
  await waitFor(async () => (await remotes(container))["far"]?.mounted);
  await container.sh("pkill -KILL -x rclone");
  await waitFor(async () => (await container.exec(["pgrep", "-x", "sleep"])).code === 0);
  expect(await container.sh("timeout 60 ai-dock status >/dev/null; echo $?")).not.toBe("124");
  await container.sh("touch /tmp/go");
  await waitFor(async () => (await remotes(container))["far"]?.state === "RUNNING", {
    what: "the remote to be mounted again",
    detail: () => container.logs(),
    limit: 60_000,
  });
});

test.concurrent("a user without a name, or without the device, is told what is missing", async () => {
  const tmpfs = ["/workspace", "/run", "/var/log/supervisor"].map((path) => `${path}:uid=4321`);
  await using container = await boot({
    ...mountable,
    user: "4321",
    tmpfs,
    env: { RCLONE_CONFIG_FAR_TYPE: "memory" },
  });
  await container.waitReady();
  const reason = async () => (await remotes(container))["far"]?.reason;
  await must(["docker", "exec", "--user", "0", container.id, "chmod", "600", "/dev/fuse"]);
  await container.exec(["ai-dock", "start", "rclone_mount:far"]);
  expect(await reason()).toContain("/dev/fuse: cannot be opened by this user; chmod 0666 /dev/fuse");
  await must(["docker", "exec", "--user", "0", container.id, "chmod", "666", "/dev/fuse"]);
  await container.exec(["ai-dock", "start", "rclone_mount:far"]);
  expect(await reason()).toContain("useradd --uid 4321");
});

test.concurrent("a file in the place of a mount point costs that remote alone", async () => {
  await using far = await farEnd();
  const space = workspace();
  writeFileSync(join(space.folder, "remote/blocked"), "in the way");
  mkdirSync(join(space.folder, "remote/.cache"));
  writeFileSync(join(space.folder, "remote/.cache/stray"), "no cache");
  await using container = await boot({
    ...mountable,
    mounts: [space.mount],
    env: { ...far.variables("blocked"), ...far.variables("far") },
  });
  await waitFor(async () => (await remotes(container))["far"]?.mounted);
  const blocked = await waitFor(async () => {
    const row = (await remotes(container))["blocked"];
    return row?.state === "BACKOFF" && row;
  });
  expect(blocked.reason).toContain("expected a directory to mount at, got a file");
  await arrived(far, await writeFiles(container, "/workspace/remote/far", 2));
  expect(await container.read("/workspace/remote/blocked")).toBe("in the way");
});

test.concurrent("a mount that someone is still in does not keep the next one from mounting", async () => {
  await using far = await farEnd();
  await using container = await boot({ ...mountable, env: far.variables("far") });
  await container.waitReady();
  await container.sh("cd /workspace/remote/far; setsid sleep 1000 >/dev/null 2>&1 &");
  await container.sh("ai-dock restart rclone_mount:far");
  await waitFor(async () => (await remotes(container))["far"]?.mounted);
  await arrived(far, await writeFiles(container, "/workspace/remote/far", 2));
});

test.concurrent("uploads that fail show in status, and no more once they are done", async () => {
  await using far = await farEnd();
  await using container = await boot({
    ...mountable,
    env: {
      ...far.variables("far"),
      RCLONE_VFS_WRITE_BACK: "100ms",
      RCLONE_TIMEOUT: "3s",
      RCLONE_LOW_LEVEL_RETRIES: "1",
    },
  });
  await container.waitReady();
  await container.sh("ls /workspace/remote/far");
  await far.goAway();
  const files = await writeFiles(container, "/workspace/remote/far", 2);
  const note = async () => (await remotes(container))["far"]?.reason;
  await waitFor(async () => (await note())?.includes("2 uploads pending"), {
    what: "the uploads to fail",
    detail: () => container.logs(),
    limit: 150_000,
  });
  await far.comeBack();
  await arrived(far, files);
  await waitFor(async () => (await note()) === null);
});

test.concurrent("no password of a remote shows anywhere", async () => {
  await using far = await farEnd("--user", "me", "--pass", "hunter2-secret");
  const pass = await far.container.sh("rclone obscure hunter2-secret");
  await using container = await boot({
    ...mountable,
    env: { ...far.variables("far", { user: "me", pass }), DEBUG: "true" },
  });
  await container.waitReady();
  expect(await leaks(container, pass)).toEqual([]);
});

/** Where a secret can be read by others than root: logs, command lines, files. */
async function leaks(container: Container, secret: string): Promise<string[]> {
  const found: string[] = [];
  if ((await container.logs()).includes(secret)) found.push("docker logs");
  for (const command of [
    "ps axww",
    "ai-dock status --json",
    "ai-dock env --all",
    "ai-dock remotes --json",
    "ai-dock doctor",
  ])
    if ((await container.exec(["bash", "-c", command])).stdout.includes(secret)) found.push(command);
  const files = await container.exec(
    [
      "bash",
      "-c",
      'grep -rlsF -- "$0" /var /etc /run /tmp /root /opt /workspace | xargs -r stat -c "%a %n"',
      secret,
    ],
    {},
  );
  return [...found, ...files.stdout.split("\n").filter((line) => line !== "" && !/^[0-7]00 /.test(line))];
}

test.concurrent("a remote that hangs costs the programs that live on it, and no other", async () => {
  await using far = await farEnd();
  mkdirSync(join(far.folder, "day=3"));
  writeFileSync(join(far.folder, "day=3/run.sh"), "#!/bin/sh\n[ $# = 1 ] || exec sleep 1000\n");
  const place = "/workspace/remote/far/day=3";
  const always = "autorestart=true\nstartsecs=0\n";
  const needs = `depends_on=rclone_mount:far\n${always}`;
  await using container = await boot({
    ...mountable,
    env: { ...far.variables("far"), RCLONE_FILE_PERMS: "0755" },
    programs: {
      "in.conf": `[program:in]\ncommand=sleep 1000\ndirectory=${place}\n${needs}`,
      "from.conf": `[program:from]\ncommand=${place}/run.sh\nready=exec:${place}/run.sh --help\n${needs}`,
      "path.conf": `[program:path]\ncommand=run.sh\nenvironment=PATH="${place}:/usr/bin"\n${needs}`,
      "log.conf": `[program:log]\ncommand=sh -c 'while echo tick; do sleep 0.1; done'\nstdout_logfile=${place}/log\n${always}`,
      "other.conf": `[program:other]\ncommand=sleep 1000\n${always}`,
    },
  });
  await container.waitReady();
  const pid = (name: string) => container.sh(`supervisorctl pid ${name}`);
  expect(await container.sh(`readlink /proc/${await pid("in")}/cwd`)).toBe(place);
  for (const name of ["from", "path"])
    await container.until(`[ "$(tr '\\0' ' ' </proc/${await pid(name)}/cmdline)" = "sleep 1000 " ]`);
  await container.waitLog(`Cannot write log "${place}/log"`);
  const before = await pid("other");
  // What the kernel remembers of the folder does not last. No stat is waited for: a request that rclone has read just
  // before it stopped keeps its process in uninterruptible sleep, which no signal ends.
  await container.sh(`pkill -STOP -x rclone
    answers() {
      stat ${place} >/dev/null 2>&1 &
      for _ in {1..10}; do kill -0 $! 2>/dev/null || return 0; sleep 0.1; done
      return 1
    }
    while answers; do sleep 0.1; done`);
  await container.sh("pkill -KILL -x sleep");
  await waitFor(async () => ![before, "0"].includes(await pid("other")));
  expect(await container.sh("timeout 60 ai-dock status --json >/dev/null; echo $?")).toBe("0");
  const { code } = await container.stop(30);
  expect(code).toBe(0);
});
