import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { clearLeftovers, RemoteMount } from "../../../src/features/remotes/mount.ts";
import { isMounted } from "../../../src/features/remotes/mount-point.ts";
import { listMounts } from "../../../src/sys/mounts.ts";
import { cached, place } from "./place-fixture.ts";

const probe = spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]);

let here: ReturnType<typeof place>;
let mount: RemoteMount;
beforeEach(() => {
  here = place();
  mount = RemoteMount.of(here.layout);
});
afterEach(() => {
  mount.release();
  expect(mounts()).toEqual([]);
  rmSync(here.base, { recursive: true });
});

/** Type and place of every mount of the test. */
const mounts = () =>
  listMounts()
    .filter(({ target }) => target.startsWith(here.base))
    .map(({ type, target }) => `${type} ${target.slice(here.base.length)}`);

describe.skipIf(process.getuid?.() !== 0 || probe.status !== 0)("a remote that this container holds", () => {
  test("has a mount point that cannot be written, and a cache for nobody else", () => {
    mount.hold();
    mount.hold();
    expect(mounts()).toEqual(["tmpfs /workspace/remote/far"]);
    expect(() => writeFileSync(join(here.layout.mountPoint, "file"), "")).toThrow("EROFS");
    expect(isMounted(here.layout.mountPoint)).toBe(false);
    mount.release();
    expect(existsSync(here.layout.mountPoint)).toBe(false);
  });

  test("is lent only when its cache was looked through, by paths that its owner cannot lead elsewhere", async () => {
    cached(here.cache, "far", "file");
    expect(() => mount.lend()).toThrow("is looked through first");
    await mount.open();
    mount.lend();
    const { given } = here.layout;
    expect(readFileSync(`${given.cache}/vfs/far/file`, "utf8")).toBe("data");
    renameSync(`${here.workspace}remote/.cache`, `${here.workspace}remote/moved`);
    symlinkSync("/etc", `${here.workspace}remote/.cache`);
    writeFileSync(`${given.cache}/vfs/far/more`, "");
    expect(readdirSync(`${here.workspace}remote/moved/far/vfs/far`).toSorted()).toEqual(["file", "more"]);
    expect(statSync(`${here.base}/run/far`).mode & 0o777).toBe(0o700);
  });

  test("shows what was mounted in the folder that it holds, wherever its name leads by then", async () => {
    await mount.open();
    mount.lend();
    spawnSync("mount", ["-t", "tmpfs", "none", here.layout.given.mountPoint]);
    writeFileSync(join(here.layout.given.mountPoint, "file"), "");
    const other = join(here.base, "elsewhere");
    mkdirSync(join(other, "far"), { recursive: true });
    renameSync(`${here.workspace}remote`, `${here.workspace}moved`);
    symlinkSync(other, `${here.workspace}remote`);
    mount.show();
    expect(readdirSync(join(other, "far"))).toEqual([]);
    expect(readdirSync(`${here.workspace}moved/far`)).toEqual(["file"]);
    symlinkSync("file", join(here.layout.given.mountPoint, "link"));
    expect(() => readFileSync(join(here.layout.given.mountPoint, "link"))).toThrow("ELOOP");
    spawnSync("umount", [`${here.workspace}moved/far`]);
  });

  test("is refused to a second one until the first has released it", () => {
    mount.hold();
    const second = RemoteMount.of({ ...here.layout, remote: { ...here.layout.remote, name: "second" } });
    expect(() => second.hold()).toThrow("is in use by another container");
    second.release();
    expect(mounts()).toEqual(["tmpfs /workspace/remote/far"]);
    mount.release();
    second.hold();
    second.release();
  });

  test("has a new cache where someone has deleted the old one", async () => {
    await mount.open();
    rmSync(here.cache, { recursive: true });
    expect(() => mount.lend()).toThrow("is looked through first");
    await mount.open();
    mount.lend();
    expect(existsSync(join(here.cache, "lock"))).toBe(true);
  });

  test.each([
    ["before", 0],
    ["after", 1],
  ])("a release %s the cache was locked ends a look with nothing held", async (_, held) => {
    cached(here.cache, "far", "file");
    const looking = mount.open();
    while (mounts().length < held) await Promise.resolve();
    mount.release();
    await looking;
    expect(mounts()).toEqual([]);
    expect(() => mount.lend()).toThrow("is looked through first");
    await mount.open();
    mount.lend();
  });

  test("a file in the place of the mount point is told and kept", () => {
    writeFileSync(here.layout.mountPoint, "in the way");
    expect(() => mount.hold()).toThrow("expected a directory to mount at, got a file; move it away");
    rmSync(here.layout.mountPoint);
    symlinkSync("/etc", here.layout.mountPoint);
    expect(() => mount.hold()).toThrow("got a link; move it away");
    expect(readFileSync("/etc/passwd", "utf8")).toContain("root");
    rmSync(here.layout.mountPoint);
  });

  test("what a killed container has left is taken away, but for folders that are no remote's", async () => {
    mount.hold();
    mkdirSync(`${here.workspace}remote/theirs`);
    chownSync(here.workspace, 1000, 1000);
    await clearLeftovers(here.workspace, [here.layout]);
    expect(mounts()).toEqual(["tmpfs /workspace/remote/far"]);
    await clearLeftovers(here.workspace, []);
    expect(mounts()).toEqual(["tmpfs /workspace/remote/far"]);
    mount.release();
    mkdirSync(here.layout.mountPoint);
    spawnSync("mount", ["-t", "tmpfs", "-o", "ro", "remote-not-mounted", here.layout.mountPoint]);
    await clearLeftovers(here.workspace, []);
    expect(readdirSync(`${here.workspace}remote`).toSorted()).toEqual([".cache", "theirs"]);
  });
});
