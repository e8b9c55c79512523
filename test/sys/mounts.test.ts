import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listMounts, mountAt } from "../../src/sys/mounts.ts";

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

test("listMounts() reads type, source and options, and undoes the escapes", () => {
  expect(listMounts(file)[1]).toEqual({
    target: "/mnt/with blank",
    type: "fuse.rclone",
    source: "my remote:",
    readOnly: true,
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

test("mountAt() works on the kernel's own file", () => {
  expect(mountAt("/proc")?.type).toBe("proc");
});
