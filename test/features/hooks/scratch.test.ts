import { afterAll, expect, test } from "bun:test";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scratchDirectory } from "../../../src/features/hooks/run.ts";

const base = mkdtempSync(join(tmpdir(), "scratch-"));
afterAll(() => rmSync(base, { recursive: true }));

function folder(name: string, mode: number): string {
  const path = `${base}/${name}`;
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

test("scripts are run from a directory that nobody can replace, and that goes afterwards", () => {
  const open = folder("open", 0o777);
  const group = folder("group", 0o770);
  const sticky = folder("sticky", 0o1777);
  let path = "";
  {
    using scratch = scratchDirectory([`${base}/missing`, open, group, sticky]);
    ({ path } = scratch);
    expect(path).toStartWith(`${sticky}/ai-dock-`);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  }
  expect(existsSync(path)).toBe(false);
});

test.skipIf(process.getuid?.() !== 0)("a directory of another user's is none, whatever its mode", () => {
  const theirs = folder("theirs", 0o755);
  chownSync(theirs, 1000, 1000);
  expect(() => scratchDirectory([theirs])).toThrow("in which others cannot rename our files, got none");
});
