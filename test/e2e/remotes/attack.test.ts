import { expect, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { boot, type Container, must, waitFor } from "../harness.ts";
import { arrived, farEnd, mountable, remotes, sha256, workspace, writeFiles } from "./_far.ts";

const FAR = "/workspace/remote/far";
const CACHE = "/workspace/remote/.cache/far";
const SECRET = "root's secret";

async function ownedWorkspace() {
  const space = workspace();
  await must(["rm", "-r", join(space.folder, "remote")]);
  await must(["chown", "1000:1000", space.folder]);
  return space;
}

/** As the owner of the workspace; what they are not allowed to do is no error. */
const asOwner = async (container: Container, script: string) =>
  (await container.exec(["bash", "-c", script], { user: "1000" })).stdout;

const mounted = (container: Container) =>
  waitFor(async () => (await remotes(container))["far"]?.mounted, {
    what: "the remote to be mounted",
    detail: () => container.logs(),
  });

test.concurrent("the owner of the workspace cannot read root's files through the cache", async () => {
  await using far = await farEnd();
  const space = await ownedWorkspace();
  await using container = await boot({ ...mountable, mounts: [space.mount], env: far.variables("far") });
  await mounted(container);
  await container.sh(`mkdir -m 700 /root/private; echo "$SECRET" >/root/private/token`, { env: { SECRET } });
  await asOwner(container, `mkdir ${CACHE}/aside; ln -s /root/private ${CACHE}/aside/x`);
  await container.restart(30);
  await container.waitReady();
  expect((await asOwner(container, `find ${FAR} -type f | xargs -r cat`)).trim()).toBe("");
  expect(await container.sh("cat /root/private/token")).toBe(SECRET);
  // Only the folder of the remote is theirs.
  expect(await asOwner(container, `ls ${CACHE} && echo listed`)).toBe("");
  expect(await asOwner(container, `echo mine >${FAR}/mine && cat ${FAR}/mine`)).toBe("mine\n");
});

test.concurrent("a cache that the owner puts in the place of root's leads root nowhere, and is told", async () => {
  await using far = await farEnd();
  const space = await ownedWorkspace();
  await using container = await boot({ ...mountable, mounts: [space.mount], env: far.variables("far") });
  await mounted(container);
  await container.sh(`mkdir -m 700 -p /victim/folder; echo "$SECRET" >/victim/folder/file`, {
    env: { SECRET },
  });
  await container.stop(30);
  // As the owner outside.
  const plant = `cd ${space.folder}/remote && mv .cache .cache.old && mkdir -p .cache/far/vfsMeta/victim/folder &&
    ln -s / .cache/far/vfs && echo '{' >.cache/far/vfsMeta/victim/folder/file`;
  await must(["chmod", "a+x", join(space.folder, "..")]);
  await must(["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "sh", "-c", plant]);
  await container.start();
  await waitFor(async () => (await remotes(container))["far"]?.reason?.includes("got a link; rm it"), {
    what: "the reason in status",
    detail: () => container.logs(),
  });
  expect(await container.sh("cat /victim/folder/file")).toBe(SECRET);
  await container.sh(`rm -r ${CACHE}`);
  await mounted(container);
});

test.concurrent("a folder of remotes that the owner swaps mounts nothing elsewhere, at a start or a restart of rclone", async () => {
  await using far = await farEnd();
  const space = await ownedWorkspace();
  await using container = await boot({ ...mountable, mounts: [space.mount], env: far.variables("far") });
  await mounted(container);
  await container.sh("mkdir -p /srv/far && echo safe >/srv/far/file");
  await asOwner(container, "cd /workspace && mv remote moved && ln -s /srv remote");
  const pid = () => container.sh("supervisorctl pid rclone_mount:far");
  const before = await pid();
  await container.sh("pkill -KILL -x rclone");
  await waitFor(async () => ![before, "0"].includes(await pid()));
  await waitFor(async () => (await container.sh("grep -c fuse.rclone /proc/self/mountinfo || true")) !== "0");
  expect((await container.exec(["ai-dock", "restart", "rclone_mount:far"])).stdout).toContain(
    "a link, which is not followed",
  );
  expect(await container.sh("cat /srv/far/file")).toBe("safe");
  expect(await container.sh("grep -c ' /srv' /proc/self/mountinfo || true")).toBe("0");
  await container.stop(30);
  await container.start();
  await container.waitReady();
  expect(await container.sh("ls -A /srv /srv/far")).toBe("/srv:\nfar\n\n/srv/far:\nfile");
});

test.concurrent("a cache of an older image, open to the owner, is taken back, and what waits in it is uploaded", async () => {
  await using far = await farEnd();
  const space = await ownedWorkspace();
  const env = { ...far.variables("far"), RCLONE_VFS_WRITE_BACK: "1h" };
  await using before = await boot({ ...mountable, mounts: [space.mount], env });
  await mounted(before);
  const files = await writeFiles(before, FAR, 3);
  await before.kill();
  await before.wait();
  const cache = join(space.folder, "remote/.cache");
  await must(["chmod", "-R", "a+rwX", cache]);
  await must(["chown", "-R", "1000:1000", cache]);
  await using after = await boot({ ...mountable, mounts: [space.mount], env: far.variables("far") });
  await arrived(far, files);
  await mounted(after);
  expect(await must(["find", cache, "-type", "d", "-not", "-perm", "700"])).toBe("");
  expect(await must(["find", cache, "-not", "-user", "0"])).toBe("");
  expect(readdirSync(cache)).toEqual(["far"]);
});

test.concurrent("a directory of a third user in the place of a cache costs that remote alone", async () => {
  await using far = await farEnd();
  const space = workspace();
  mkdirSync(join(space.folder, "remote/.cache/other"), { recursive: true });
  await must(["chown", "4321", join(space.folder, "remote/.cache/other")]);
  await using container = await boot({
    ...mountable,
    mounts: [space.mount],
    env: { ...far.variables("far"), ...far.variables("other") },
  });
  await mounted(container);
  await waitFor(async () => (await remotes(container))["other"]?.reason?.includes("got one of uid 4321"));
  await container.sh(`echo one >${FAR}/one`);
  await arrived(far, { one: sha256("one\n") });
});

test.concurrent("a file system without modes holds a cache, in which rclone follows no symlink", async () => {
  // As a share of Windows shows itself: everything is root's, and anyone may write.
  const share =
    "rclone mount /srv/disk /share --config /dev/null --umask 0 --allow-other --vfs-cache-mode full";
  const script = `mkdir -p /srv/disk /srv/far /share; ${share} --daemon; exec ai-dock init.sh`;
  await using container = await boot({
    ...mountable,
    env: { RCLONE_CONFIG_FAR_TYPE: "alias", RCLONE_CONFIG_FAR_REMOTE: "/srv/far", WORKSPACE: "/share" },
    entrypoint: "bash",
    cmd: ["-c", script],
  });
  await mounted(container);
  expect(await container.sh("stat -c %a /share/remote/.cache /share/remote/.cache/far")).toBe("777\n777");
  await container.sh("echo data >/share/remote/far/file");
  await waitFor(async () => (await container.sh("cat /srv/far/file || true")) === "data", {
    what: "the upload",
    detail: () => container.logs(),
  });
  expect(await container.sh("grep -c '/rclone/[^ ]*/cache .*nosymfollow' /proc/mounts")).toBe("1");
});
