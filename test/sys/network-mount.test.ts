import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { distantMount } from "../../src/sys/network-mount.ts";

const root = mkdtempSync(join(tmpdir(), "distant-"));
const file = join(root, "mountinfo");
const mounts = [
  ["/", "fuse.fuse-overlayfs"],
  [`${root}/remote`, "fuse.rclone"],
  [`${root}/share`, "nfs4"],
  [`${root}/share/local`, "ext4"],
  [`${root}/covered`, "fuse.rclone"],
  [`${root}/covered`, "tmpfs"],
];
writeFileSync(file, mounts.map(([target, type]) => `1 1 0:1 / ${target} rw - ${type} source rw\n`).join(""));
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
])("%s lies on a distant file system: %s", (path, type) => {
  expect(distantMount(join(root, path), file)?.type).toBe(type);
  expect(distantMount(`${root}/./${path}/`, file)?.type).toBe(type);
});

test("one at the root makes nothing else distant", () => {
  for (const path of ["/usr/bin/env", "/./usr", "/tmp/../usr", "/../usr"])
    expect(distantMount(path, file)).toBeUndefined();
});
