import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { openTargetDirectory } from "../../../src/provision/download/target.ts";
import { mount, smallDisk, unmount } from "../../logs/_helpers.ts";
import { failureOf, folder } from "../fixture.ts";
import { bytesOf, sendFile, serve } from "../server-fixture.ts";

const isRoot = process.getuid?.() === 0;
const MEBIBYTE = 2 ** 20;
const USER = 12_345;
const LARGE = bytesOf(6 * MEBIBYTE);

const reached = (path: string) => {
  using directory = openTargetDirectory(path);
  return directory.location;
};

const refusal = (path: string) => failureOf(Promise.try(() => reached(path)));

describe("openTargetDirectory()", () => {
  test("makes what is missing", () => {
    const { path } = folder();
    expect(reached(`${path}/a/b//./c/`)).toBe(`${path}/a/b/c`);
  });

  test("says what is in the way", async () => {
    const { path } = folder();
    writeFileSync(`${path}/file`, "");
    expect((await refusal(`${path}/file/x`)).code).toBe("target");
    expect((await refusal("relative/x")).code).toBe("target");
  });

  describe.skipIf(!isRoot)("as root", () => {
    function place() {
      const { path } = folder();
      for (const name of ["roots", "users", "users/own", "victim"]) mkdirSync(`${path}/${name}`);
      for (const name of ["users", "users/own"]) chownSync(`${path}/${name}`, USER, USER);
      return path;
    }

    test("follows root's own links", () => {
      const path = place();
      symlinkSync("../victim", `${path}/roots/link`);
      expect(reached(`${path}/roots/link/new`)).toBe(`${path}/victim/new`);
    });

    test("follows a user's link to what belongs to that user", () => {
      const path = place();
      symlinkSync(`${path}/users/own`, `${path}/users/link`);
      expect(reached(`${path}/users/link/new`)).toBe(`${path}/users/own/new`);
    });

    test("follows no link that a user can have planted, to what belongs to others", async () => {
      const path = place();
      symlinkSync(`${path}/victim`, `${path}/users/link`);
      lchownSync(`${path}/users/link`, USER, USER);
      const failure = await refusal(`${path}/users/link/new`);
      expect(failure.code).toBe("target");
      expect(failure.message).toContain('"link" is a link that others than root may have put there');
      // A link of root's that the user may have moved there.
      symlinkSync(`${path}/victim`, `${path}/users/moved`);
      expect((await refusal(`${path}/users/moved`)).code).toBe("target");
      // By way of a link that leads to a second one.
      symlinkSync("link", `${path}/users/chain`);
      lchownSync(`${path}/users/chain`, USER, USER);
      expect((await refusal(`${path}/users/chain`)).code).toBe("target");
      expect(readdirSync(`${path}/victim`)).toEqual([]);
    });

    test("follows no link in a directory that all may write to", async () => {
      const path = place();
      chmodSync(`${path}/roots`, 0o1777);
      symlinkSync(`${path}/victim`, `${path}/roots/link`);
      expect((await refusal(`${path}/roots/link`)).code).toBe("target");
    });
  });
});

test("a directory in the place of the file, or of what is hidden beside it, is an error before anything comes", async () => {
  using server = await serve((asked, reply) => sendFile(asked, reply, LARGE));
  const { path, fetch } = folder();
  mkdirSync(`${path}/x`);
  const failure = await failureOf(fetch(server.url("/x"), "x"));
  expect([failure.code, failure.message]).toEqual([
    "target",
    `"${path}/x": expected a file or nothing, got a directory`,
  ]);
  mkdirSync(`${path}/.y.ai-dock-part`);
  expect((await failureOf(fetch(server.url("/y"), "y"))).code).toBe("target");
  expect(server.asked).toEqual([]);
});

describe.skipIf(!isRoot)("download() to a disk", () => {
  test("that is too small starts nothing", async () => {
    using server = await serve((asked, reply) => sendFile(asked, reply, LARGE, { etag: '"1"' }));
    using disk = smallDisk(4 * MEBIBYTE);
    const { fetch } = folder();
    const failure = await failureOf(fetch(server.url("/x"), "x", { target: `${disk.path}/x` }));
    expect([failure.code, readdirSync(disk.path), server.asked.length]).toEqual(["no-space", [], 1]);
    expect(failure.message).toContain("expected 6 MiB of free space, got 4 MiB");
  });

  test("that fills up in the middle keeps what has come, and goes on once there is room", async () => {
    using disk = smallDisk(8 * MEBIBYTE);
    using server = await serve((asked, reply) => sendFile(asked, reply, LARGE, { etag: '"1"' }));
    const { fetch } = folder();
    const target = `${disk.path}/x`;
    const full = await failureOf(
      fetch(server.url("/x"), "x", {
        target,
        onProgress: ({ received }) => received === 0 && fill(disk.path),
      }),
    );
    expect(full.code).toBe("no-space");
    expect(full.hint).toContain("what has come is kept");
    expect(readdirSync(disk.path).toSorted()).toEqual([".x.ai-dock-journal", ".x.ai-dock-part", "other"]);
    rmSync(`${disk.path}/other`);
    let from = 0;
    await fetch(server.url("/x"), "x", { target, onProgress: ({ resumedFrom }) => (from = resumedFrom) });
    expect(new Uint8Array(readFileSync(target))).toEqual(LARGE);
    expect(from).toBeGreaterThan(0);
    expect(readdirSync(disk.path)).toEqual(["x"]);
  });

  test("that is read-only says so", async () => {
    using server = await serve((asked, reply) => sendFile(asked, reply, LARGE));
    const { path, fetch } = folder();
    mount(["-t", "tmpfs", "-o", "ro", "tmpfs", path]);
    try {
      const failure = await failureOf(fetch(server.url("/x"), "x"));
      expect([failure.code, server.asked.length]).toEqual(["read-only", 0]);
      expect(failure.message).toContain(`"${path}": expected a writable directory, got EROFS`);
    } finally {
      unmount(path);
    }
  });
});

/** Leaves two mebibytes and a bit. */
function fill(path: string): void {
  writeFileSync(`${path}/other`, new Uint8Array(5 * MEBIBYTE));
}
