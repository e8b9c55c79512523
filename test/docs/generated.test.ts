import { expect, test } from "bun:test";
import { generatedFiles } from "../../scripts/docs.ts";

const stale = "run: npm run docs";

test("the reference of commands, the table of variables and .env.example are what the code says", async () => {
  for (const [path, content] of Object.entries(await generatedFiles()))
    expect(await Bun.file(path).text(), `${path}; ${stale}`).toBe(content);
});

test("the compose files read every documented variable, and no other", async () => {
  const files = ["compose.yaml", "compose.swarm.yaml"].map((name) => Bun.file(name).text());
  const compose = (await Promise.all(files)).join("");
  const example = await Bun.file(".env.example").text();
  const names = [...example.matchAll(/^([A-Z0-9_]+)=/gm)].map(([, name]) => name ?? "");
  const read = [...compose.matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name ?? "");
  // Compose gives its own name to each project.
  expect(names.toSorted()).toEqual(
    [...new Set(read)].filter((name) => name !== "COMPOSE_PROJECT_NAME").toSorted(),
  );
});
