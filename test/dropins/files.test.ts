import { expect, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { loadPrograms } from "../../src/dropins/load.ts";
import { folderOf } from "./load-fixture.ts";

const program = (name: string, keys = "") => `[program:${name}]\ncommand=/bin/${name}\n${keys}\n`;

test("no drop-ins are no programs and no problems", () => {
  using folder = folderOf({});
  const patterns = [join(folder.path, "*.conf"), join(folder.path, "not/there/*.conf")];
  expect(loadPrograms({ patterns, env: {} })).toEqual({ programs: [], problems: [] });
});

test("files of all patterns are merged in order, later keys override", () => {
  using folder = folderOf({
    "one/20.conf": program("a", "startsecs=2"),
    "one/10.conf": program("a", "startsecs=1\npriority=1"),
    "two/05.conf": "[program:a]\nstartsecs=5\n",
    "two/.hidden.conf": program("hidden"),
    "two/other.ini": program("other"),
  });
  const patterns = [join(folder.path, "one/*.conf"), join(folder.path, "two/*.conf")];
  const { programs, problems } = loadPrograms({ patterns, env: {} });
  expect(problems).toEqual([]);
  expect(programs).toMatchObject([{ name: "a", startsecs: 5, priority: 1 }]);
});

test("the same file by two ways is read once", () => {
  using folder = folderOf({ "one/a.conf": program("a", "foo=bar") });
  symlinkSync(join(folder.path, "one"), join(folder.path, "two"));
  const patterns = [join(folder.path, "one/*.conf"), join(folder.path, "two/*.conf")];
  expect(loadPrograms({ patterns, env: {} }).problems).toHaveLength(1);
});

test("a drop-in includes files relative to itself, and those include further ones", () => {
  using folder = folderOf({
    "a.conf": `[include]\nfiles=sub/*.ini nothing-*\n  %(here)s/%(ENV_X)s.ini\n${program("a")}`,
    "sub/b.ini": `[include]\nfiles=c.x ../a.conf\n${program("b", "directory=%(here)s")}`,
    "sub/c.x": program("c"),
    "d.ini": program("d"),
  });
  const { programs, problems } = loadPrograms({ files: [join(folder.path, "a.conf")], env: { X: "d" } });
  expect(programs.map(({ name }) => name)).toEqual(["a", "b", "c", "d"]);
  expect(programs[1]?.directory).toBe(join(folder.path, "sub"));
  expect(problems.map(({ message }) => message)).toEqual([
    `${folder.path}/a.conf:2: files: expected files, got none by nothing-*; nothing is included`,
  ]);
});

test("an include without files is an error that costs nothing else", () => {
  using folder = folderOf({ "a.conf": `[include]\n${program("a")}` });
  const { programs, problems } = loadPrograms({ files: [join(folder.path, "a.conf")], env: {} });
  expect(programs).toHaveLength(1);
  expect(problems).toMatchObject([{ severity: "error", line: 1, section: "include", key: "files" }]);
});

test("a file that cannot be read is named", () => {
  using folder = folderOf({ "folder.conf/x": "", "a.conf": program("a") });
  const files = ["gone.conf", "folder.conf", "a.conf"].map((name) => join(folder.path, name));
  const { programs, problems } = loadPrograms({ files, env: {} });
  expect(programs).toHaveLength(1);
  expect(problems.map(({ message }) => message)).toEqual([
    `${files[0]}: expected a readable file, got ENOENT; it is left out`,
    `${files[1]}: expected a readable file, got EISDIR; it is left out`,
  ]);
});

test("a byte order mark and foreign line ends are mended", () => {
  using folder = folderOf({ "a.conf": `\uFEFF${program("a", "startsecs=7").replaceAll("\n", "\r\n")}` });
  const { programs, problems } = loadPrograms({ files: [join(folder.path, "a.conf")], env: {} });
  expect(problems).toEqual([]);
  expect(programs).toMatchObject([{ command: ["/bin/a"], startsecs: 7 }]);
});

test("here can be set", () => {
  using folder = folderOf({ "a.conf": program("a", "directory=%(here)s/x\nenvironment=A=%(here)5s") });
  const { programs } = loadPrograms({ files: [join(folder.path, "a.conf")], env: {}, here: "/h" });
  expect(programs).toMatchObject([{ directory: "/h/x", environment: { A: "/h" } }]);
});
