import { expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makePortsDirectory } from "../../../src/features/tunnels/step.ts";

const place = () => join(mkdtempSync(join(tmpdir(), "ports-")), "http_ports");
const shown = (path: string) => {
  const { gid, mode } = statSync(path);
  return `${gid} ${(mode & 0o7777).toString(8)}`;
};
const inGroup = { gid: 1000, groups: [1000, 1111] };
const alone = { gid: 1000, groups: [1000] };
const isRoot = process.getuid?.() === 0;

test("without an account the directory is root's", () => {
  const path = place();
  makePortsDirectory(undefined, path);
  expect(shown(path)).toBe(`${process.getgid?.()} 755`);
});

test.skipIf(!isRoot)("with one its group may add files, at each boot, whatever group that is then", () => {
  const path = place();
  makePortsDirectory(inGroup, path);
  expect(shown(path)).toBe("1111 3770");
  makePortsDirectory(alone, path);
  expect(shown(path)).toBe("1000 3770");
});

test.skipIf(!isRoot)("one that an image has opened keeps owner and mode; a link is not followed", () => {
  const opened = place();
  mkdirSync(opened);
  chownSync(opened, 0, 33);
  chmodSync(opened, 0o2775);
  makePortsDirectory(inGroup, opened);
  expect(shown(opened)).toBe("33 2775");
  const foreign = place();
  mkdirSync(foreign);
  chownSync(foreign, 1000, 1000);
  makePortsDirectory(inGroup, foreign);
  expect(shown(foreign)).toBe("1000 755");
  const target = mkdtempSync(join(tmpdir(), "ports-"));
  const link = place();
  symlinkSync(target, link);
  expect(() => makePortsDirectory(inGroup, link)).toThrow();
  expect(shown(target)).toBe("0 700");
});
