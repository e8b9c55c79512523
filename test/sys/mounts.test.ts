import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  hasNetworkMountBelow,
  isNetworkMount,
  isOnRcloneMount,
  networkMountsOf,
  listMounts,
  mountAt,
  topMount,
} from "../../src/sys/mounts.ts";

const directory = mkdtempSync(join(tmpdir(), "mounts-"));
const file = join(directory, "mountinfo");
writeFileSync(
  file,
  [
    "22 1 254:1 / / rw,relatime - ext4 /dev/vda rw",
    "30 22 0:26 / /mnt/with\\040blank ro,nosuid shared:5 master:1 - fuse.rclone my\\040remote: rw,user_id=0",
    `31 22 0:27 / ${directory}/real rw - tmpfs first rw`,
    `32 22 0:28 / ${directory}/real rw - tmpfs second rw`,
    "",
  ].join("\n"),
);

test("listMounts() reads type and source, and undoes the escapes", () => {
  expect(listMounts(file)[1]).toEqual({
    target: "/mnt/with blank",
    type: "fuse.rclone",
    source: "my remote:",
  });
});

test("mountAt() finds the exact mount point, topmost first and through symlinks", () => {
  mkdirSync(join(directory, "real/below"), { recursive: true });
  symlinkSync("real", join(directory, "link"));
  expect(mountAt(`${directory}/link/`, file)?.source).toBe("second");
  expect(mountAt(`${directory}/real/below`, file)).toBeUndefined();
  expect(mountAt("/mnt/with blank/", file)?.type).toBe("fuse.rclone");
  expect(mountAt("/", file)?.type).toBe("ext4");
});

test("topMount() resolves all but the last segment of a path", () => {
  symlinkSync(directory, join(directory, "here"));
  expect(topMount(`${directory}/here/real`, file)?.source).toBe("second");
  expect(topMount(`${directory}/link`, file)).toBeUndefined();
});

test("mountAt() works on the kernel's own file", () => {
  expect(mountAt("/proc")?.type).toBe("proc");
});

const root = mkdtempSync(join(tmpdir(), "network-"));
const networkFile = join(root, "mountinfo");
const mounts = [
  ["/", "fuse.fuse-overlayfs"],
  [`${root}/remote`, "fuse.rclone"],
  [`${root}/share`, "nfs4"],
  [`${root}/share/local`, "ext4"],
  [`${root}/covered`, "fuse.rclone"],
  [`${root}/covered`, "tmpfs"],
];
writeFileSync(
  networkFile,
  mounts.map(([target, type]) => `1 1 0:1 / ${target} rw - ${type} source rw\n`).join(""),
);
mkdirSync(join(root, "place"));
symlinkSync("../remote/deep", join(root, "place/relative"));
symlinkSync(join(root, "share"), join(root, "place/absolute"));
symlinkSync("round", join(root, "place/round"));

test.each([
  ["remote", "fuse.rclone"],
  ["remote/a/b", "fuse.rclone"],
  ["place/../remote/a", "fuse.rclone"],
  ["place/relative/more", "fuse.rclone"],
  ["place/absolute", "nfs4"],
  // The way there leads through the other.
  ["share/local/a", "nfs4"],
  ["remotely", undefined],
  ["covered/a", undefined],
  ["place/a", undefined],
  ["place/round/a", undefined],
])("%s lies on a network mount: %s", (path, type) => {
  for (const spelling of [join(root, path), `${root}/./${path}/`]) {
    expect(isNetworkMount(spelling, networkFile)).toBe(type !== undefined);
    expect(isOnRcloneMount(spelling, networkFile)).toBe(type === "fuse.rclone");
  }
});

test("all network mounts on the way to a path, without a look at what the outermost holds", () => {
  const nested = join(root, "nested.mountinfo");
  const line = (path: string, type: string) => `1 1 0:1 / ${join(root, path)} rw - ${type} source rw\n`;
  const within = [line("share/a/b", "fuse.sshfs"), line("share/a", "ext4"), line("share/other", "cifs")];
  writeFileSync(nested, [line("share", "nfs4"), ...within].join(""));
  const at = (path: string) =>
    networkMountsOf(join(root, path), nested).map(({ target }) => target.slice(root.length + 1));
  expect(at("share")).toEqual(["share"]);
  expect(at("share/a/b/c")).toEqual(["share", "share/a/b"]);
  expect(at("place/absolute/a/b")).toEqual(["share", "share/a/b"]);
  expect(at("share/a/../other/c")).toEqual(["share", "share/other"]);
  expect(at("sharer")).toEqual([]);
});

test("network mounts below a path", () => {
  expect(["", "share"].map((path) => hasNetworkMountBelow(join(root, path), networkFile))).toEqual([
    true,
    false,
  ]);
});

test("a network file system at the root does not count", () => {
  for (const path of ["/usr/bin/env", "/./usr", "/tmp/../usr", "/../usr"])
    expect(isNetworkMount(path, networkFile)).toBe(false);
});
