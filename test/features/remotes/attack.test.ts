import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { adoptUploads } from "../../../src/features/remotes/adopt.ts";
import { enterCaches, pendingOf, RemoteCache } from "../../../src/features/remotes/cache.ts";
import { layoutRemotes } from "../../../src/features/remotes/layout.ts";
import { RemoteMount } from "../../../src/features/remotes/mount.ts";
import { setTornAside } from "../../../src/features/remotes/repair.ts";
import { grantUser } from "../../../src/sys/acl.ts";
import { DirectoryHandle } from "../../../src/sys/directory-handle.ts";
import { getXattr } from "../../../src/sys/xattr.ts";

const OWNER = 1000;

let base: string;
let workspace: string;
let cache: string;
let secret: string;

/** A workspace of uid 1000 with a cache as images of before left it: root's, and open to that uid by its ACL. */
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "attack-"));
  workspace = `${base}/workspace/`;
  cache = `${workspace}remote/.cache/far`;
  mkdirSync(cache, { recursive: true });
  chownSync(workspace, OWNER, OWNER);
  for (const path of ["remote", "remote/.cache", "remote/.cache/far"]) grantUser(workspace + path, OWNER);
  secret = join(base, "private/token");
  mkdirSync(dirname(secret), { mode: 0o700 });
  writeFileSync(secret, "root's secret", { mode: 0o600 });
});
afterEach(() => rmSync(base, { recursive: true }));

/** A directory that the owner has made. */
function theirs(path: string): string {
  const full = join(cache, path);
  mkdirSync(full, { recursive: true });
  for (let folder = full; folder !== cache; folder = dirname(folder)) chownSync(folder, OWNER, OWNER);
  return full;
}

function writeTheirs(path: string, text: string): string {
  const file = join(theirs(dirname(path)), path.slice(path.lastIndexOf("/") + 1));
  writeFileSync(file, text);
  chownSync(file, OWNER, OWNER);
  return file;
}

const open = () => RemoteCache.open(workspace, "far");

async function refusal(): Promise<string> {
  using opened = open();
  const outcome = await opened.check().then(
    () => "safe",
    (error: Error) => error.message,
  );
  expect(readFileSync(secret, "utf8")).toBe("root's secret");
  return outcome;
}

describe.skipIf(process.getuid?.() !== 0)("the cache of a workspace that uid 1000 owns", () => {
  test("a link in the place of what was set aside is refused, and what it leads to is not counted", async () => {
    symlinkSync(dirname(secret), join(theirs("aside"), "x"));
    expect(await pendingOf(workspace, "far")).toEqual({ files: 0, bytes: 0 });
    expect(await refusal()).toBe(`"${cache}/aside/x": expected a file or a directory, got a link; rm it`);
  });

  test("a link in the place of the data deletes nothing behind it", async () => {
    symlinkSync(base, join(cache, "vfs"));
    theirs("vfsMeta/private");
    expect(await refusal()).toContain(`"${cache}/vfs": expected a file or a directory, got a link`);
    using directory = DirectoryHandle.open(cache);
    await adoptUploads(directory, { name: "far", below: [] }).catch(() => undefined);
    expect(readFileSync(secret, "utf8")).toBe("root's secret");
  });

  test("a garbage record moves no file of root's into the cache", async () => {
    symlinkSync(base, join(cache, "vfs"));
    writeTheirs("vfsMeta/private/token", "{");
    const [layout] = layoutRemotes([{ name: "far", type: "webdav", source: "file" }], workspace);
    const mount = RemoteMount.of(layout!);
    try {
      await mount.open();
      expect(() => mount.lend()).toThrow("got a link; rm it");
    } finally {
      mount.release();
    }
    expect(readFileSync(secret, "utf8")).toBe("root's secret");
    expect(existsSync(join(cache, "aside"))).toBe(false);
  });

  test("a link in the place of the lock makes no file", () => {
    symlinkSync(join(base, "nologin"), join(cache, "lock"));
    expect(open).toThrow("ELOOP");
    expect(existsSync(join(base, "nologin"))).toBe(false);
  });

  test.each(["remote", "remote/.cache", "remote/.cache/far"])(
    "a link in the place of %s is not followed",
    (name) => {
      const other = join(base, "elsewhere");
      mkdirSync(other, { mode: 0o755 });
      rmSync(workspace + name, { recursive: true });
      symlinkSync(other, workspace + name);
      expect(open).toThrow(`"${workspace}${name}": expected a directory, got a link, which is not followed`);
      expect(readdirSync(other)).toEqual([]);
      expect(statSync(other).mode & 0o777).toBe(0o755);
    },
  );

  test("a record of any size is read within a limit, and a large one is not taken for a cut off one", async () => {
    const ranges = Array.from({ length: 5000 }, (_, index) => ({ Pos: index * 2, Size: 1 }));
    const record = { ModTime: "2026-01-01T00:00:00Z", Size: 7, Rs: ranges, Fingerprint: "", Dirty: true };
    mkdirSync(join(cache, "vfsMeta/far"), { recursive: true });
    mkdirSync(join(cache, "vfs/far"), { recursive: true });
    writeFileSync(join(cache, "vfsMeta/far/sparse"), JSON.stringify(record, undefined, "\t"));
    writeFileSync(join(cache, "vfs/far/sparse"), "content");
    writeFileSync(join(cache, "vfsMeta/far/huge"), "x".repeat(1_000_000));
    expect(await pendingOf(workspace, "far")).toEqual({ files: 1, bytes: 7 });
    using directory = DirectoryHandle.open(cache);
    const [layout] = layoutRemotes([{ name: "far", type: "webdav", source: "file" }], workspace);
    await setTornAside(layout!, directory);
    expect(readFileSync(join(cache, "vfs/far/sparse"), "utf8")).toBe("content");
  });

  test("what waits there is taken back: root's own, closed, without ACL, and not lost", async () => {
    writeTheirs("vfs/far/file", "data");
    writeTheirs("vfsMeta/far/file", JSON.stringify({ Dirty: true, Size: 4 }));
    chmodSync(join(cache, "vfs/far/file"), 0o666);
    writeFileSync(join(cache, "lock"), "", { mode: 0o600 });
    expect(await refusal()).toBe("safe");
    for (const path of ["..", ".", "vfs", "vfs/far", "vfsMeta", "vfsMeta/far"]) {
      const { uid, mode } = statSync(join(cache, path));
      expect([path, uid, (mode & 0o7777).toString(8)]).toEqual([path, 0, "700"]);
      for (const name of ["default", "access"])
        expect(getXattr(join(cache, path), `system.posix_acl_${name}`)).toBeNull();
    }
    const { uid, mode } = statSync(join(cache, "vfs/far/file"));
    expect([uid, mode & 0o777]).toEqual([0, 0o600]);
    expect(await pendingOf(workspace, "far")).toEqual({ files: 1, bytes: 4 });
    expect(getXattr(`${workspace}remote`, "system.posix_acl_default")).not.toBeNull();
  });

  test("a file of root's that its finder could not read is not uploaded for them, even after a second look", async () => {
    mkdirSync(join(cache, "aside/far"), { recursive: true });
    grantUser(join(cache, "aside/far"), OWNER);
    writeFileSync(join(cache, "aside/far/token"), "key", { mode: 0o600 });
    const words = `"${cache}/aside/far/token": expected a file of uid ${OWNER}, got one of uid 0`;
    expect(await refusal()).toContain(words);
    expect(await refusal()).toContain(words);
    chownSync(join(cache, "aside/far/token"), OWNER, OWNER);
    expect(await refusal()).toBe("safe");
    expect(await refusal()).toBe("safe");
  });

  test("a hard link to a file of root's is refused", async () => {
    chmodSync(secret, 0o644);
    linkSync(secret, join(theirs("vfs/far"), "token"));
    expect(await refusal()).toContain("got one of uid 0");
    expect(statSync(secret).mode & 0o777).toBe(0o644);
  });

  test("a tree that is deeper than any of rclone's ends with a word, before descriptors run out", async () => {
    theirs("vfs");
    const script = 'import os\nfor _ in range(25):\n  os.mkdir("d" * 200); os.chdir("d" * 200)';
    expect(spawnSync("python3", ["-c", script], { cwd: join(cache, "vfs") }).status).toBe(0);
    expect(await refusal()).toContain("expected a path of at most 4096 bytes");
    renameSync(join(cache, "vfs"), join(cache, "aside"));
    expect(pendingOf(workspace, "far")).rejects.toThrow("expected a path of at most 4096 bytes");
    spawnSync("rm", ["-rf", cache]);
  });

  test("a directory of a third user is not taken from them", () => {
    chownSync(join(workspace, "remote/.cache"), 4321, 4321);
    expect(() => enterCaches(workspace)).toThrow("expected a directory of uid 0, got one of uid 4321");
    expect(statSync(join(workspace, "remote/.cache")).uid).toBe(4321);
  });

  test("of two that open a cache, the second one is told", () => {
    using _ = open();
    expect(open).toThrow("is in use by another container");
  });
});
