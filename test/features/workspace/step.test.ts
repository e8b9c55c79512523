import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { remotesStep } from "../../../src/features/remotes/step.ts";
import { prepareWorkspace } from "../../../src/features/workspace/step.ts";
import { normalizeWorkspace } from "../../../src/env/workspace.ts";
import { getXattr } from "../../../src/sys/xattr.ts";
import { bootContext } from "../context-fixture.ts";

const base = mkdtempSync(join(tmpdir(), "workspace-"));
const mountinfo = (path: string) => {
  const file = join(base, `mountinfo-${Bun.nanoseconds()}`);
  writeFileSync(file, `32 22 0:28 / ${path} rw - ext4 /dev/vdb rw\n`);
  return file;
};
const isRoot = process.getuid?.() === 0;
const hasAcl = (path: string) => getXattr(path, "system.posix_acl_default") !== null;

test.each([
  ["/workspace", "/workspace/"],
  ["//a//b//", "/a/b/"],
  ["/", "/"],
  ["/a/./b/../c", "/a/c/"],
  ["/with blank/", "/with blank/"],
])("normalizeWorkspace(%j) is %j", (path, expected) => {
  expect(normalizeWorkspace(path)).toBe(expected);
});

const owned = (name: string) => {
  const path = join(base, name);
  mkdirSync(path);
  chownSync(path, 1234, 4321);
  return path;
};

describe("prepareWorkspace()", () => {
  test("an invalid WORKSPACE, which has its line already, gets no second one", () => {
    const path = join(base, "fallback");
    // What settings hold in place of an invalid value.
    const context = bootContext({ WORKSPACE: path }, { WORKSPACE: "relative" });
    const { message } = prepareWorkspace(context);
    expect(context.lines.filter((line) => line.includes("WORKSPACE"))).toEqual([]);
    expect(message).toContain("its files are lost when the container is deleted");
    expect(context.env["WORKSPACE"]).toBe(`${path}/`);
  });

  test("without a mount makes the directory, warns and leaves a file; with one removes it", () => {
    const path = join(base, "plain");
    const context = bootContext({ WORKSPACE: `/${path}` });
    prepareWorkspace(context);
    expect(context.env).toMatchObject({
      WORKSPACE: `${path}/`,
      WORKSPACE_MOUNTED: "false",
      WORKSPACE_UID: String(process.getuid?.()),
      WORKSPACE_GID: String(process.getgid?.()),
    });
    const lost = "its files are lost when the container is deleted";
    expect(context.lines).toEqual([`warn WORKSPACE: expected a mount at "${path}/", got none; ${lost}`]);
    expect(readFileSync(join(path, "WARNING-NO-MOUNT.txt"), "utf8")).toContain(lost);
    expect(statSync(join(path, "remote")).isDirectory()).toBe(true);

    const mounted = bootContext({ WORKSPACE: path });
    prepareWorkspace(mounted, mountinfo(path));
    expect(mounted.env["WORKSPACE_MOUNTED"]).toBe("true");
    expect(mounted.lines).toEqual([]);
    expect(existsSync(join(path, "WARNING-NO-MOUNT.txt"))).toBe(false);
  });

  test("says whether files there can have owners, and keeps apps at their version where a lock says so", () => {
    const path = join(base, "permissions");
    const context = bootContext({ WORKSPACE: path }, { AUTO_UPDATE: "true" });
    prepareWorkspace(context);
    expect(context.env).not.toHaveProperty("WORKSPACE_PERMISSIONS");
    expect(context.env["AUTO_UPDATE"]).toBe("true");
    writeFileSync(join(path, ".update_lock"), "");
    writeFileSync(join(path, ".ai-dock-permissions-test"), "left by a kill");
    const { fields } = prepareWorkspace(context, mountinfo(path));
    expect(context.env["WORKSPACE_PERMISSIONS"]).toBe(String(isRoot));
    expect(context.env["AUTO_UPDATE"]).toBe("false");
    expect(fields).toMatchObject({ updates: "locked" });
    expect(readdirSync(path).toSorted()).toEqual([".update_lock", "remote"]);
    const told = bootContext({ WORKSPACE: path }, { WORKSPACE_PERMISSIONS: "false" });
    prepareWorkspace(told, mountinfo(path));
    expect(told.env["WORKSPACE_PERMISSIONS"]).toBe("false");
  });

  test("a link of somebody else in the place of the test file is not followed", () => {
    const path = join(base, "linked");
    const target = join(base, "target-of-link");
    mkdirSync(path);
    writeFileSync(target, "precious");
    symlinkSync(target, join(path, ".ai-dock-permissions-test"));
    prepareWorkspace(bootContext({ WORKSPACE: path }), mountinfo(path));
    expect(readFileSync(target, "utf8")).toBe("precious");
    expect(statSync(target).uid).toBe(process.getuid?.() ?? 0);
  });

  test("fails where a file is in the way", () => {
    const path = join(base, "file");
    writeFileSync(path, "");
    const context = bootContext({ WORKSPACE: path });
    expect(() => prepareWorkspace(context)).toThrow(
      `WORKSPACE: expected a directory at "${path}/", got a file; boot goes on`,
    );
    expect(context.env["WORKSPACE_MOUNTED"]).toBe("false");
  });

  describe.skipIf(!isRoot)("owned by uid 1234", () => {
    test("exports the owner and sets the ACL, its own subdirectories included", () => {
      const path = owned("owned");
      mkdirSync(join(path, "remote"));
      mkdirSync(join(path, "users"));
      const context = bootContext({ WORKSPACE: path });
      expect(prepareWorkspace(context, mountinfo(path)).fields).toEqual({
        path: `${path}/`,
        mounted: true,
        uid: 1234,
        gid: 4321,
        acl: "set",
      });
      expect(context.env).toMatchObject({ WORKSPACE_UID: "1234", WORKSPACE_GID: "4321" });
      const paths = [".", "remote", "users"].map((name) => join(path, name));
      expect(paths.map(hasAcl)).toEqual([true, true, false]);
      expect(prepareWorkspace(context, mountinfo(path)).fields).toMatchObject({ acl: "kept" });
    });

    test("follows no link of theirs: no ACL, no directory and no file on the other side", async () => {
      const [path, other] = [owned("planting"), join(base, "not-theirs")];
      mkdirSync(other);
      symlinkSync(other, join(path, "remote"));
      const context = bootContext({ WORKSPACE: path });
      expect(prepareWorkspace(context, mountinfo(path)).fields).toMatchObject({ acl: "set" });
      expect(context.lines).toEqual([
        `warn "${path}/remote": expected a directory, got a link, which is not followed; remotes get no folder`,
      ]);
      await remotesStep.run(context);
      expect(readdirSync(other)).toEqual([]);
      expect([hasAcl(path), hasAcl(other)]).toEqual([true, false]);
      expect(context.lines.filter((line) => line.startsWith("warn") && line.includes("link"))).toHaveLength(
        1,
      );
    });

    test("follows no link below the folder of remotes", async () => {
      const [path, other] = [owned("planting-below"), join(base, "not-theirs-below")];
      mkdirSync(other);
      mkdirSync(join(path, "remote"));
      symlinkSync(other, join(path, "remote/.cache"));
      const context = bootContext({ WORKSPACE: path });
      prepareWorkspace(context, mountinfo(path));
      await remotesStep.run(context);
      expect(readFileSync(join(path, "remote/WARNING-CANNOT-MOUNT-REMOTES.txt"), "utf8")).not.toBe("");
      expect(readdirSync(other)).toEqual([]);
      expect([hasAcl(join(path, "remote")), hasAcl(other)]).toEqual([true, false]);
    });

    test("the folder of caches is root's alone, without the owner's ACL", async () => {
      const path = owned("closed");
      const context = bootContext({ WORKSPACE: path });
      prepareWorkspace(context, mountinfo(path));
      await remotesStep.run(context);
      const { uid, mode } = statSync(join(path, "remote/.cache"));
      expect([uid, mode & 0o777, hasAcl(join(path, "remote/.cache"))]).toEqual([0, 0o700, false]);
    });

    test("opens no private directory of root's that its owner has renamed to the folder of remotes", () => {
      const path = owned("renamed");
      mkdirSync(join(path, "remote"), { mode: 0o700 });
      const context = bootContext({ WORKSPACE: path });
      prepareWorkspace(context, mountinfo(path));
      expect([hasAcl(join(path, "remote")), statSync(join(path, "remote")).mode & 0o777]).toEqual([
        false,
        0o700,
      ]);
      expect(context.lines).toEqual([
        `warn "${path}/remote": expected a directory open to others, got a private one of uid 0; uid 1234 gets no access`,
      ]);
    });

    test("replaces a link in the place of a warning, and leaves what it leads to", async () => {
      const [path, secret] = [owned("warned"), join(base, "secret")];
      writeFileSync(secret, "secret");
      mkdirSync(join(path, "remote"));
      const files = [
        "WARNING-NO-MOUNT.txt",
        "remote/WARNING-CANNOT-MOUNT-REMOTES.txt",
        "remote/WARNING-NO-REMOTES-CONFIGURED.txt",
      ].map((name) => join(path, name));
      for (const file of files) symlinkSync(secret, file);
      const context = bootContext({ WORKSPACE: path });
      prepareWorkspace(context);
      await remotesStep.run(context);
      expect(readFileSync(secret, "utf8")).toBe("secret");
      expect(files.filter((file) => lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink())).toEqual(
        [],
      );
      expect(readFileSync(files[0] ?? "", "utf8")).toContain("is not a mounted volume");
    });

    test("what stands in the way of a warning costs the warning only", () => {
      const path = owned("blocked");
      mkdirSync(join(path, "WARNING-NO-MOUNT.txt/full"), { recursive: true });
      const context = bootContext({ WORKSPACE: path });
      expect(prepareWorkspace(context).message).toBe("Workspace ready");
      spawnSync("rmdir", [join(path, "WARNING-NO-MOUNT.txt/full"), join(path, "WARNING-NO-MOUNT.txt")]);
      spawnSync("mkfifo", [join(path, "WARNING-NO-MOUNT.txt")]);
      expect(prepareWorkspace(context).message).toBe("Workspace ready");
      expect(lstatSync(join(path, "WARNING-NO-MOUNT.txt")).isFile()).toBe(true);
    });

    test("leaves ACLs alone when told so", () => {
      const path = owned("skipped");
      prepareWorkspace(bootContext({ WORKSPACE: path, SKIP_ACL: "true" }), mountinfo(path));
      expect(hasAcl(path)).toBe(false);
    });
  });

  describe.skipIf(!isRoot)("read-only", () => {
    const path = join(base, "readonly");
    mkdirSync(path);
    const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "ro,uid=1234", "none", path]);
    afterAll(() => spawnSync("umount", [path]));

    test.skipIf(mount.status !== 0)("warns once and goes on", () => {
      const context = bootContext({ WORKSPACE: path });
      expect(prepareWorkspace(context).message).toBe("Workspace ready, but not writable");
      expect(context.lines).toEqual([
        `warn WORKSPACE: expected a writable "${path}/", got a read-only file system; nothing is written to it`,
      ]);
      expect(context.env).toMatchObject({ WORKSPACE_MOUNTED: "true", WORKSPACE_UID: "1234" });
    });
  });
});
