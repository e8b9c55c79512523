import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folderInUse } from "../../../src/features/remotes/adopt.ts";
import { setTornAside, writeAgain } from "../../../src/features/remotes/repair.ts";
import { removeTree, walkTree } from "../../../src/features/remotes/tree.ts";
import { DirectoryHandle } from "../../../src/sys/directory-handle.ts";
import { cached, place, serveControl } from "./place-fixture.ts";

let here: ReturnType<typeof place>;
beforeEach(() => {
  here = place();
  mkdirSync(here.cache, { recursive: true });
  mkdirSync(here.layout.given.mountPoint, { recursive: true });
});
afterEach(() => rmSync(here.base, { recursive: true }));

const withCache = async <T>(use: (cache: DirectoryHandle) => Promise<T>): Promise<T> => {
  using cache = DirectoryHandle.open(here.cache);
  return await use(cache);
};
const aside = (file: string) => join(here.cache, "aside", file);
const far = (file: string) => join(here.layout.given.mountPoint, file);

/** Writes again through a remote whose root is `below` in the folder of the cache. */
async function again(below = ""): Promise<void> {
  const path = join(here.layout.given.cache, "vfs/far{x}", below);
  const diskCache = { path, bytesUsed: 0, outOfSpace: false, uploadsInProgress: 0, uploadsQueued: 0 };
  await using _ = serveControl(here.layout.socket, { "vfs/stats": () => ({ diskCache }) });
  await withCache((cache) => writeAgain(here.layout, cache, new AbortController().signal));
}

test("files whose records are cut off are set aside, private, and those of sound records stay", async () => {
  cached(here.cache, "far{x}", "deep/torn", { record: '{"Size": 4, "Dir', text: "torn" });
  cached(here.cache, "far{x}", "empty", { record: "", text: "" });
  cached(here.cache, "far{x}", "sound");
  await withCache((cache) => setTornAside(here.layout, cache));
  expect(readFileSync(aside("far{x}/deep/torn"), "utf8")).toBe("torn");
  expect(statSync(aside("far{x}/deep")).mode & 0o777).toBe(0o700);
  expect(existsSync(join(here.cache, "vfsMeta/far{x}/deep/torn"))).toBe(false);
  expect(existsSync(join(here.cache, "vfs/far{x}/sound"))).toBe(true);

  cached(here.cache, "far{x}", "deep/torn", { record: "{", text: "torn again" });
  await withCache((cache) => setTornAside(here.layout, cache));
  expect(readFileSync(aside("far{x}/deep/torn.2"), "utf8")).toBe("torn again");
});

test("what was set aside is written where nothing of that name is, else kept", async () => {
  for (const file of ["one", "deep/two", "there"]) {
    mkdirSync(join(aside("far{old}"), "deep"), { recursive: true });
    writeFileSync(aside(`far{old}/${file}`), file);
  }
  writeFileSync(far("there"), "newer");
  await again();
  expect(readFileSync(far("one"), "utf8")).toBe("one");
  expect(readFileSync(far("deep/two"), "utf8")).toBe("deep/two");
  expect(readFileSync(far("there"), "utf8")).toBe("newer");
  expect([existsSync(aside("far{old}/one")), readFileSync(aside("far{old}/there"), "utf8")]).toEqual([
    false,
    "there",
  ]);
});

test("of a remote that shows a folder below, only files of that folder are written", async () => {
  mkdirSync(aside("far{x}/shown/deep"), { recursive: true });
  mkdirSync(aside("far{x}/other"));
  writeFileSync(aside("far{x}/shown/deep/file"), "");
  writeFileSync(aside("far{x}/other/file"), "");
  await again("shown");
  expect([
    existsSync(far("deep/file")),
    existsSync(far("file")),
    existsSync(aside("far{x}/other/file")),
  ]).toEqual([true, false, true]);
});

test("the folder in use is read from rclone's path, and none outside of the cache", () => {
  expect(folderInUse("/run/c", "/run/c/vfs/far{x}/a/b")).toEqual({ name: "far{x}", below: ["a", "b"] });
  expect(folderInUse("/run/c", "/elsewhere/vfs/far")).toBeUndefined();
});

test("a walk and a removal by descriptors leave what is behind links", async () => {
  const [tree, other] = [join(here.base, "tree"), join(here.base, "other")];
  for (const folder of [tree, other]) mkdirSync(join(folder, "deep"), { recursive: true });
  writeFileSync(join(tree, "deep/file"), "");
  writeFileSync(join(other, "deep/kept"), "");
  symlinkSync(other, join(tree, "deep/link"));
  symlinkSync(other, join(here.base, "root"));
  using base = DirectoryHandle.open(here.base);
  const found: string[] = [];
  {
    using root = base.child("tree");
    for await (const { prefix, files } of walkTree(root)) found.push(...files.map((name) => prefix + name));
  }
  expect(found).toEqual(["deep/file"]);
  expect(() => base.child("root")).toThrow("ENOTDIR");
  expect(removeTree(base, "root")).rejects.toThrow("ENOTDIR");
  await removeTree(base, "tree");
  expect([existsSync(tree), existsSync(join(other, "deep/kept"))]).toEqual([false, true]);
});
