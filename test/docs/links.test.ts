import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Page, pages, ROOT } from "./_page.ts";

const isRelative = (target: string) => !/^[a-z]+:/.test(target);

test("anchors are made as GitHub makes them", () => {
  const page = new Page("x.md", "# A `b.c`: d\n## [program:x] keys\n## Same\n## Same\n");
  expect([...page.anchors]).toEqual(["a-bc-d", "programx-keys", "same", "same-1"]);
});

test("links are found, and none in code", () => {
  const text = 'see [a](b.md#c) and `[x](y)`\n<img src="d.svg">\n```text\n[x](z)\n```\n';
  expect(new Page("x.md", text).links).toEqual(["b.md#c", "d.svg"]);
});

describe("what a page links to is there", () => {
  test.each(pages)("%s", (path) => {
    const page = new Page(path);
    const broken = page.links.filter(isRelative).filter((target) => {
      const { path: file, anchor } = page.resolve(target);
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && !new Page(file).anchors.has(anchor);
    });
    expect(broken).toEqual([]);
  });
});

test("every page of docs can be reached from the README", () => {
  const reached = new Set<string>();
  const visit = (path: string) => {
    if (reached.has(path) || !path.endsWith(".md")) return;
    reached.add(path);
    const page = new Page(path);
    for (const target of page.links.filter(isRelative)) visit(page.resolve(target).path);
  };
  visit("README.md");
  expect(pages.filter((path) => !path.startsWith(".github/") && !reached.has(path))).toEqual([]);
});
