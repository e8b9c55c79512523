import { expect, test } from "bun:test";
import { environmentExample, readmeWithTable } from "../../src/env/docs.ts";

const stale = "run: bun scripts/docs.ts";

test("README's table of variables is what the schema says", async () => {
  const readme = await Bun.file("README.md").text();
  expect(readme, stale).toBe(readmeWithTable(readme));
});

test(".env.example is what the schema says", async () => {
  expect(await Bun.file(".env.example").text(), stale).toBe(environmentExample());
});

test("compose.yaml passes every documented variable on", async () => {
  const compose = await Bun.file("compose.yaml").text();
  const names = [...environmentExample().matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name ?? "");
  expect(names.filter((name) => !compose.includes(`\${${name}`))).toEqual([]);
});
