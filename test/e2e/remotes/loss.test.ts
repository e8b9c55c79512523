import { expect, test } from "bun:test";
import { join } from "node:path";
import { boot, type Container, must, waitFor } from "../harness.ts";
import { arrived, type FarEnd, farEnd, mountable, remotes, workspace, writeFiles } from "./_far.ts";

const MOUNTED = "/workspace/remote/far";

function bootWith(space: { mount: string }, env: Record<string, string>, more: string[] = []) {
  return boot({ ...mountable, mounts: [space.mount], env, more });
}

async function ready(container: Container): Promise<Container> {
  await waitFor(async () => (await remotes(container))["far"]?.mounted, {
    what: "the remote to be mounted",
    detail: () => container.logs(),
  });
  return container;
}

/** Every file is at the far end now, or arrives when the remote is mounted again. */
async function nothingLost(container: Container, far: FarEnd, files: Record<string, string>) {
  await container.start();
  await arrived(far, files);
  await ready(container);
  await waitFor(async () => (await remotes(container))["far"]?.pending_files === 0, {
    what: "nothing to be pending",
  });
}

test.concurrent("200 files and a stop at once: all are uploaded before it ends", async () => {
  await using far = await farEnd();
  // None of them is uploaded before the stop, which has time enough for all, whatever else the machine does.
  const env = { ...far.variables("far"), AI_DOCK_STOP_TIMEOUT: "110", RCLONE_VFS_WRITE_BACK: "1h" };
  await using container = await ready(await bootWith(workspace(), env));
  const files = await writeFiles(container, MOUNTED, 200);
  expect(far.checksums()).toEqual({});
  const { code } = await container.stop(120);
  expect(code).toBe(0);
  expect(far.checksums()).toEqual(files);
});

test.concurrent("a stop without the time for all: what is left is told, kept, and uploaded at the next start", async () => {
  await using far = await farEnd();
  // None of them is uploaded before the stop, however long it takes to write them.
  const env = { ...far.variables("far"), AI_DOCK_STOP_TIMEOUT: "3", RCLONE_VFS_WRITE_BACK: "20s" };
  await using container = await ready(await bootWith(workspace(), env));
  const files = await writeFiles(container, MOUNTED, 400);
  const { code } = await container.stop(60);
  expect(code).toBe(0);
  // Three, and what a busy machine adds; all the uploads are not waited for, as the log says.
  expect(await container.stopMilliseconds()).toBeLessThan(15_000);
  await container.waitLog(/far: not uploaded: \d+ files \(.*\), kept in/);
  expect(Object.keys(far.checksums()).length).toBeLessThan(400);
  await nothingLost(container, far, files);
});

test.concurrent("SIGKILL of rclone", async () => {
  await using far = await farEnd();
  await using container = await ready(await bootWith(workspace(), far.variables("far")));
  const files = await writeFiles(container, MOUNTED, 200);
  await container.sh("pkill -KILL -x rclone");
  await arrived(far, files);
  await waitFor(
    async () => {
      const row = (await remotes(container))["far"];
      return row?.mounted && row.state === "RUNNING";
    },
    { what: "the remote to be mounted again", detail: () => container.logs() },
  );
  expect(await container.sh(`ls ${MOUNTED} | wc -l`)).toBe("200");
});

test.concurrent("an rclone that hangs blocks nobody else, is killed at the stop, and what it held arrives later", async () => {
  await using far = await farEnd();
  // None of them is uploaded before it hangs.
  const env = { ...far.variables("far"), RCLONE_VFS_WRITE_BACK: "30s" };
  await using container = await ready(await bootWith(workspace(), env));
  const files = await writeFiles(container, MOUNTED, 20);
  await container.sh("pkill -STOP -x rclone");
  expect(await container.sh("ai-dock status rclone_mount:far")).toContain("RUNNING");
  const { code } = await container.stop(30);
  expect(code).toBe(0);
  await container.waitLog(/far: not uploaded: 20 files \(.*\), kept in/);
  await nothingLost(container, far, files);
});

test.concurrent("a record of rclone's that a kill cuts off costs no file: it is written again, or kept", async () => {
  await using far = await farEnd();
  const space = workspace();
  const env = { ...far.variables("far"), RCLONE_VFS_WRITE_BACK: "1h" };
  await using container = await ready(await bootWith(space, env));
  const files = await writeFiles(container, MOUNTED, 3);
  // A kill between the two steps of writing one leaves it empty.
  const cutOff = (name: string) =>
    container.sh(`pkill -STOP -x rclone; truncate -s 0 /workspace/remote/.cache/far/vfsMeta/*/${name}`);
  await cutOff("file-1");
  await container.sh("pkill -KILL -x rclone");
  await container.waitLog("far: files whose records were cut off are written again");
  await cutOff("file-2");
  await container.kill();
  await container.wait();
  await container.start();
  await container.waitLog(/written again files=1[^]*written again files=1/);
  await container.sh("ai-dock restart rclone_mount:far");
  await arrived(far, files);

  await ready(container);
  await container.sh(`echo newer >>${MOUNTED}/file-0`);
  await cutOff("file-0");
  await container.sh("pkill -KILL -x rclone");
  const [, place] = /ours stays in "(.*)"/.exec(await container.waitLog(/ours stays in/)) ?? [];
  expect(await container.read(place!)).toContain("newer");
  expect(far.checksums()).toEqual(files);
});

test.concurrent("what waits for a remote that is gone from the configuration is told at every start", async () => {
  await using far = await farEnd();
  const space = workspace();
  const env = { ...far.variables("old"), RCLONE_VFS_WRITE_BACK: "1h" };
  await using before = await bootWith(space, env);
  await waitFor(async () => (await remotes(before))["old"]?.mounted, { what: "the remote to be mounted" });
  await writeFiles(before, "/workspace/remote/old", 2);
  await before.kill();
  await before.wait();
  await using after = await bootWith(space, far.variables("far"));
  const words = '"/workspace/remote/.cache/old" holds 2 files for a remote that is not configured any more';
  await after.waitLog(words);
  await after.waitReady();
  expect((await after.exec(["ai-dock", "remotes"])).stderr).toContain(words);
});

test.concurrent("docker kill of the container", async () => {
  await using far = await farEnd();
  await using container = await ready(await bootWith(workspace(), far.variables("far")));
  const files = await writeFiles(container, MOUNTED, 200);
  await container.kill();
  await container.wait();
  await nothingLost(container, far, files);
});

test.concurrent("a far end that is away, from before the writes until after a stop", async () => {
  await using far = await farEnd();
  await using container = await ready(await bootWith(workspace(), far.variables("far")));
  await container.sh(`ls ${MOUNTED}`);
  await far.goAway();
  const files = await writeFiles(container, MOUNTED, 50);
  const { code } = await container.stop(30);
  expect(code).toBe(0);
  expect(far.checksums()).toEqual({});
  await far.comeBack();
  await nothingLost(container, far, files);
});

test.concurrent("a new password for a remote of variables: what waited under the old one is uploaded", async () => {
  await using far = await farEnd("--user", "me", "--pass", "old");
  const obscured = (word: string) => far.container.sh(`rclone obscure ${word}`);
  const space = workspace();
  const [wrong, right] = [await obscured("forgotten"), await obscured("old")];
  await using first = await ready(await bootWith(space, far.variables("far", { user: "me", pass: right })));
  const files = await writeFiles(first, MOUNTED, 20);
  await first.kill();
  await first.wait();
  // Twice, as each value gives the cache another name.
  await using second = await ready(await bootWith(space, far.variables("far", { user: "me", pass: wrong })));
  await second.kill();
  await second.wait();
  const pass = await obscured("old");
  await using third = await bootWith(space, far.variables("far", { user: "me", pass }));
  await arrived(far, files);
  expect(await third.logs()).toContain("uploads that waited under earlier settings go on");
});

test.concurrent("a disk that the cache fills: writes fail where they cannot be kept, and what was kept arrives", async () => {
  await using far = await farEnd();
  const space = workspace();
  const image = join(space.folder, "disk");
  const disk = join(space.folder, "remote");
  await must(["truncate", "--size", "48M", image]);
  await must(["mkfs.ext4", "-q", image]);
  await must(["mount", "-o", "loop", image, disk]);
  try {
    const env = {
      ...far.variables("far"),
      RCLONE_VFS_WRITE_BACK: "1h",
      RCLONE_VFS_CACHE_MIN_FREE_SPACE: "off",
      RCLONE_VFS_CACHE_MAX_SIZE: "off",
      AI_DOCK_STOP_TIMEOUT: "110",
    };
    await using container = await ready(
      await boot({ ...mountable, mounts: [`${space.folder}:/workspace`], env }),
    );
    const script = `cd ${MOUNTED}; for i in $(seq 80); do
      if head -c 1000000 /dev/urandom >/tmp/data && cp /tmp/data "f$i" 2>/dev/null; then
        echo "f$i $(sha256sum </tmp/data | cut -d' ' -f1)"; fi; done`;
    const written = await container.sh(script);
    const files = Object.fromEntries(written.split("\n").map((line) => line.split(" ") as [string, string]));
    expect(Object.keys(files).length).toBeGreaterThan(10);
    expect(Object.keys(files).length).toBeLessThan(80);
    await container.stop(120);
    await waitFor(
      async () => {
        await container.start();
        await ready(container);
        await container.stop(120);
        const there = far.checksums();
        return Object.entries(files).every(([name, sum]) => there[name] === sum);
      },
      { what: "all files that were written without an error", limit: 240_000 },
    );
  } finally {
    await must(["umount", "--lazy", disk]);
  }
});

test.concurrent("nothing is written under a mount point while nothing is mounted there", async () => {
  await using far = await farEnd();
  const space = workspace();
  const provisioning = `#!/bin/bash\necho early >${MOUNTED}/early || echo refused >/workspace/refused\n`;
  await using container = await ready(
    await boot({
      ...mountable,
      mounts: [space.mount],
      env: { ...far.variables("far"), PROVISIONING_SCRIPT: "/tmp/provisioning.sh" },
      files: { "/tmp/provisioning.sh": provisioning },
    }),
  );
  expect(await container.sh("ls /workspace")).toContain("refused");
  await container.sh("ai-dock stop rclone_mount:far");
  const { code, stderr } = await container.exec(["bash", "-c", `echo late >${MOUNTED}/late`]);
  expect(stderr).toContain("Read-only file system");
  expect(code).not.toBe(0);
  await container.sh("ai-dock start rclone_mount:far");
  await ready(container);
  await container.stop(30);
  expect(far.checksums()).toEqual({});
  expect(await must(["find", join(space.folder, "remote"), "-name", "*a*e*", "-type", "f"])).toBe("");
});
