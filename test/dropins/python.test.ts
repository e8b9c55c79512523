import { expect, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { commentStart } from "../../src/dropins/ini-parse.ts";
import { globFiles } from "../../src/dropins/python/glob.ts";
import { nearest } from "../../src/dropins/nearest.ts";
import { folderOf } from "./load-fixture.ts";

test.each([
  ["; all", 0],
  ["# all", 0],
  ["a=1 ; b", 4],
  ['a="x ; y"', 5],
  ["a;b#c", -1],
  ["a;b ;c #d", 7],
  ["a=1\t#b", 4],
  ["a=1", -1],
])("commentStart(%j)", (line, start) => {
  expect(commentStart(line)).toBe(start);
});

test.each([
  ["startsec", "startsecs"],
  ["Command", "command"],
  ["stdout_log_file", "stdout_logfile"],
  ["foo", undefined],
  ["x", undefined],
])("nearest(%j)", (word, expected) => {
  expect(nearest(word, ["command", "startsecs", "startretries", "stdout_logfile", "user"])).toBe(expected);
});

test.each([
  ["*.conf", ["[x].conf", "a.conf", "b.conf", "sub.conf"]],
  ["?.conf", ["a.conf", "b.conf"]],
  ["[!a].conf", ["b.conf"]],
  ["[ab].conf", ["a.conf", "b.conf"]],
  ["[[]x].conf", ["[x].conf"]],
  ["s*/*.conf", ["sub.conf/c.conf"]],
  ["**", ["[x].conf", "a.conf", "b.conf", "sub.conf"]],
  [".*", [".h.conf"]],
  ["a.conf", ["a.conf"]],
  ["gone", []],
  ["gone/*", []],
  ["[", []],
])("globFiles(%j)", (pattern, expected) => {
  using folder = folderOf({
    "a.conf": "",
    "b.conf": "",
    ".h.conf": "",
    "[x].conf": "",
    "sub.conf/c.conf": "",
  });
  const found = globFiles(join(folder.path, pattern)).map((path) => path.slice(folder.path.length + 1));
  expect(found).toEqual(expected);
});

test("globFiles() names what cannot be looked at, and knows ranges that run backwards", () => {
  using folder = folderOf({ "a.conf": "" });
  symlinkSync("loop.conf", join(folder.path, "loop.conf"));
  symlinkSync("nothing", join(folder.path, "dangling.conf"));
  expect(globFiles(join(folder.path, "*.conf")).map((path) => basename(path))).toEqual([
    "a.conf",
    "loop.conf",
  ]);
  expect(globFiles(join(folder.path, "[z-a]*"))).toEqual([]);
});
