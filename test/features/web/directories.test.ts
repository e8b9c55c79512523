import { expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stateDirectory } from "../../../src/features/web/directories.ts";

const ourselves = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const inside = (root: string) => ({ root, portal: join(root, "portal") });

test("what the front keeps is for its users alone, and stays", () => {
  const { root, portal } = inside(join(mkdtempSync(join(tmpdir(), "web-")), "ai-dock", "web"));
  stateDirectory(portal, ourselves, root);
  expect([statSync(root).mode & 0o777, statSync(portal).mode & 0o777]).toEqual([0o711, 0o700]);
  writeFileSync(join(root, "credentials.json"), "ours");
  stateDirectory(portal, ourselves, root);
  expect(readdirSync(root).toSorted((one, other) => one.localeCompare(other))).toEqual([
    "credentials.json",
    "portal",
  ]);
});

test("credentials that others may have planted in a volume are not used", () => {
  const volume = mkdtempSync(join(tmpdir(), "web-"));
  const { root, portal } = inside(join(volume, "web"));
  mkdirSync(root);
  writeFileSync(join(root, "credentials.json"), "planted");
  chmodSync(root, 0o777);
  stateDirectory(portal, ourselves, root);
  expect(readdirSync(root)).toEqual(["portal"]);
});

test("a link in the place of the directory leads nowhere", () => {
  const volume = mkdtempSync(join(tmpdir(), "web-"));
  const elsewhere = mkdtempSync(join(tmpdir(), "elsewhere-"));
  chmodSync(elsewhere, 0o755);
  const { root, portal } = inside(join(volume, "web"));
  symlinkSync(elsewhere, root);
  stateDirectory(portal, ourselves, root);
  expect([statSync(elsewhere).mode & 0o777, readdirSync(elsewhere)]).toEqual([0o755, []]);
});
