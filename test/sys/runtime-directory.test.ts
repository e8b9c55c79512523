import { beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownDirectory } from "../../src/sys/own-directory.ts";
import { claimFirst } from "../../src/sys/runtime-directory.ts";

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);
const OTHER = 1000;

let parent: string;
let path: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "own-"));
  path = join(parent, "ai-dock");
});

describe("ownDirectory()", () => {
  test("makes the directory, whatever the umask", () => {
    const umask = process.umask(0o077);
    try {
      expect(ownDirectory(path)).toEqual([]);
    } finally {
      process.umask(umask);
    }
    expect(modeOf(path)).toBe("755");
  });

  test("keeps what is there of ours, and corrects its mode", () => {
    mkdirSync(path, { mode: 0o700 });
    writeFileSync(join(path, "file"), "");
    expect(ownDirectory(path)).toEqual([]);
    expect([modeOf(path), readdirSync(path)]).toEqual(["755", ["file"]]);
  });

  test("moves a link aside without touching its target", () => {
    const target = join(parent, "target");
    mkdirSync(target, { mode: 0o700 });
    symlinkSync(target, path);
    expect(ownDirectory(path)[0]).toStartWith(
      `"${path}": expected a directory that only we can write to, got a link; moved to "${path}.refused-`,
    );
    expect(modeOf(target)).toBe("700");
    expect(lstatSync(path).isDirectory()).toBe(true);
  });

  test("moves a file aside", () => {
    writeFileSync(path, "");
    expect(ownDirectory(path)[0]).toContain("got a file;");
    expect(lstatSync(path).isDirectory()).toBe(true);
  });

  test.if(process.getuid?.() === 0)("moves a directory of another user aside", () => {
    mkdirSync(path);
    writeFileSync(join(path, "environment.sh"), "");
    chownSync(path, OTHER, OTHER);
    expect(ownDirectory(path)[0]).toContain(`got a directory of user ${OTHER};`);
    expect(readdirSync(path)).toEqual([]);
  });

  test("moves one aside that others may have filled; an empty one is closed and taken", () => {
    mkdirSync(path);
    chmodSync(path, 0o777);
    expect(ownDirectory(path)).toEqual([]);
    expect(modeOf(path)).toBe("755");
    chmodSync(path, 0o1777);
    writeFileSync(join(path, "provisioning.sh"), "");
    expect(ownDirectory(path)[0]).toContain("got a directory that others have written to;");
    expect(readdirSync(path)).toEqual([]);
  });

  test("sets the sticky bit on a parent in which all may rename", () => {
    chmodSync(parent, 0o777);
    expect(ownDirectory(path)).toEqual([
      `"${parent}": any user could rename our files in it; it has the sticky bit now`,
    ]);
    expect(modeOf(parent)).toBe("1777");
    expect(ownDirectory(path)).toEqual([]);
  });
});

describe("claimFirst()", () => {
  test("takes the first place that can be made", () => {
    const places = [join(parent, "missing", "ai-dock"), path, join(parent, "third")];
    expect(claimFirst(places)).toEqual({ path, problems: [] });
    expect(existsSync(join(parent, "third"))).toBe(false);
  });

  test.if(process.getuid?.() === 0)("takes none in a directory of another user", () => {
    const theirs = join(parent, "theirs");
    mkdirSync(theirs);
    chownSync(theirs, OTHER, OTHER);
    expect(claimFirst([join(theirs, "ai-dock"), path])).toEqual({
      path,
      problems: [`"${theirs}" belongs to user ${OTHER}, who could replace our files in it; not used`],
    });
  });

  test("with none that can be made the first one is named", () => {
    const places = [join(parent, "a", "x"), join(parent, "b", "x")];
    expect(claimFirst(places).path).toBe(places[0] ?? "");
  });
});
