import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { adoptUploads } from "../../../src/features/remotes/adopt.ts";
import { pendingIn } from "../../../src/features/remotes/cache.ts";
import { DirectoryHandle } from "../../../src/sys/directory-handle.ts";

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "cache-"));
});
afterEach(() => rmSync(cache, { recursive: true }));

function cached(folder: string, file: string, { dirty = true, text = "data" } = {}): void {
  for (const [kind, content] of [
    ["vfs", text],
    ["vfsMeta", JSON.stringify({ Size: text.length, Dirty: dirty })],
  ] as const) {
    const path = join(cache, kind, folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

const data = (folder: string, file: string) => readFileSync(join(cache, "vfs", folder, file), "utf8");
const adopt = async () => {
  using directory = DirectoryHandle.open(cache);
  return await adoptUploads(directory, { name: "far{new}", below: [] });
};
const pending = async () => {
  using directory = DirectoryHandle.open(cache);
  return await pendingIn(directory);
};

test("counts what waits, in any folder, and nothing else", async () => {
  cached("far{old}", "a/b c", { text: "12345" });
  cached("far", "d", { text: "123" });
  cached("far", "clean", { dirty: false });
  writeFileSync(join(cache, "vfsMeta/far/broken"), "{");
  expect(await pending()).toEqual({ files: 2, bytes: 8 });
});

test("moves what waits under other names, and drops what does not", async () => {
  cached("far{old}", "deep/file", { text: "old" });
  cached("far{old}", "clean", { dirty: false });
  cached("far", "other");
  cached("far{new}", "mine", { text: "new" });
  expect(await adopt()).toEqual({ moved: 2, conflicts: [], outside: 0 });
  expect(data("far{new}", "deep/file")).toBe("old");
  expect(data("far{new}", "mine")).toBe("new");
  expect(() => data("far{old}", "clean")).toThrow("ENOENT");
  expect(await pending()).toMatchObject({ files: 3 });
  expect(await adopt()).toEqual({ moved: 0, conflicts: [], outside: 0 });
});

test("a clean copy makes way; what waits in both places stays, each with its data", async () => {
  cached("far{old}", "same", { text: "old" });
  cached("far{new}", "same", { text: "stale", dirty: false });
  cached("far{old}", "both", { text: "old" });
  cached("far{new}", "both", { text: "new" });
  const { moved, conflicts } = await adopt();
  expect(moved).toBe(1);
  expect(conflicts).toEqual(["vfsMeta/far{old}/both"]);
  expect(data("far{new}", "same")).toBe("old");
  expect([data("far{old}", "both"), data("far{new}", "both")]).toEqual(["old", "new"]);
});

test("goes on where an earlier move was cut off between data and record", async () => {
  cached("far{old}", "file", { text: "old" });
  mkdirSync(join(cache, "vfs/far{new}"), { recursive: true });
  writeFileSync(join(cache, "vfs/far{new}/file"), "old");
  rmSync(join(cache, "vfs/far{old}/file"));
  expect(await adopt()).toEqual({ moved: 1, conflicts: [], outside: 0 });
  expect(data("far{new}", "file")).toBe("old");
  expect(await pending()).toMatchObject({ files: 1 });
});
