import { describe, expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSource, refuseContent } from "../../../src/features/provisioning/source.ts";

describe("parseSource()", () => {
  test.each([
    ["https://u:p@host:8443/a/b.sh?sig=1#x", "url", "https://host:8443/a/b.sh?…"],
    ["file:///a%20b.sh", "file", "/a b.sh"],
    ["file:/a.sh", "file", "/a.sh"],
    ["/a b.sh", "file", "/a b.sh"],
    ["a.sh", "file", `${process.cwd()}/a.sh`],
  ] as const)("%s", (text, kind, label) => {
    expect(parseSource(text)).toMatchObject({ kind, label });
  });

  test("knows no other URLs", () => {
    expect(parseSource("ftp://host/a.sh")).toBeUndefined();
    expect(parseSource("file://server/share.sh")).toBeUndefined();
  });
});

describe("refuseContent() of", () => {
  const path = join(mkdtempSync(join(tmpdir(), "content-")), "script");
  test.each([
    ["", "an empty file"],
    ["<!DOCTYPE html><title>Sign in</title>", "an HTML page"],
    ["\uFEFF\n <!-- a\nb --> <!-- c --><HTML lang=en>", "an HTML page"],
    ["#!/bin/bash\ncat <<E\n<!DOCTYPE html>\nE\n", undefined],
    ["<htmlx>", undefined],
    [`${"<!---->".repeat(100)}echo`, undefined],
  ])("%j", (content, refusal) => {
    writeFileSync(path, content);
    expect(refuseContent(path)).toBe(refusal as string);
  });
});
