import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beginBootMarks, endBootMarks } from "../../src/init/boot-marks.ts";

const folder = () => mkdtempSync(join(tmpdir(), "marks-"));

test("they are there from begin to end, whatever an earlier boot has left", () => {
  const run = folder();
  writeFileSync(join(run, "container_config"), "old");
  beginBootMarks(run);
  expect(readdirSync(run).toSorted()).toEqual(["container_config", "workspace_sync"]);
  expect(readFileSync(join(run, "container_config"), "utf8")).toBe("");
  beginBootMarks(run);
  endBootMarks(run);
  expect(readdirSync(run)).toEqual([]);
  endBootMarks(run);
});

test("a link in their place is replaced, never followed", () => {
  const run = folder();
  const target = join(folder(), "precious");
  writeFileSync(target, "precious");
  symlinkSync(target, join(run, "container_config"));
  beginBootMarks(run);
  endBootMarks(run);
  expect(readFileSync(target, "utf8")).toBe("precious");
  expect(readdirSync(run)).toEqual([]);
});

test("what cannot be made or removed costs nothing but that", () => {
  beginBootMarks("/nonexistent");
  endBootMarks("/nonexistent");
  const run = folder();
  mkdirSync(join(run, "container_config", "x"), { recursive: true });
  beginBootMarks(run);
  endBootMarks(run);
  expect(readdirSync(run)).toEqual(["container_config"]);
});
