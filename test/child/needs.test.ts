import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { NEEDS } from "./needs.ts";

const E2E = resolve(import.meta.dir, "../e2e");

/** What stands in the first argument of `test(…)`, in all files. */
const titles = [...new Bun.Glob("**/*.test.ts").scanSync(E2E)].flatMap((path) =>
  [...readFileSync(`${E2E}/${path}`, "utf8").matchAll(/\btest(?:\.serial)?\(\s*(["'`])(.*?)\1,/g)].map(
    ([, , title = ""]) => title,
  ),
);

/** Numbers that titles give: in "gap 1, 12 and run 4: …" 1 and 12 for `gap`. */
function named(kind: string): Set<number> {
  const lists = titles.flatMap((title) => [
    ...title.matchAll(new RegExp(`\\b${kind} (\\d+(?:, \\d+)*)`, "g")),
  ]);
  return new Set(lists.flatMap(([, list = ""]) => list.split(", ").map(Number)));
}

test.each(Object.entries(NEEDS))("each %s of images of 2024 is named by a test", (kind, needs) => {
  const numbers = [...named(kind)];
  expect(needs.filter((_, index) => !numbers.includes(index + 1))).toEqual([]);
  expect(numbers.filter((number) => number < 1 || number > needs.length)).toEqual([]);
});
