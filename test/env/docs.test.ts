import { expect, test } from "bun:test";
import { environmentExample, readmeWithTable } from "../../scripts/lib/environment-docs.ts";

const stale = "run: bun scripts/docs.ts";

test("README's table of variables is what the schema says", async () => {
  const readme = await Bun.file("README.md").text();
  expect(readme, stale).toBe(readmeWithTable(readme));
});

test(".env.example is what the schema says", async () => {
  expect(await Bun.file(".env.example").text(), stale).toBe(environmentExample());
});

test("the compose files read every documented variable, and no other", async () => {
  const files = ["compose.yaml", "compose.swarm.yaml"].map((name) => Bun.file(name).text());
  const compose = (await Promise.all(files)).join("");
  const names = [...environmentExample().matchAll(/^([A-Z0-9_]+)=/gm)].map(([, name]) => name ?? "");
  const read = [...compose.matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name ?? "");
  // Compose gives its own name to each project.
  expect(names.toSorted()).toEqual(
    [...new Set(read)].filter((name) => name !== "COMPOSE_PROJECT_NAME").toSorted(),
  );
});
