import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "../..");

interface Stack {
  services: Record<string, { healthcheck?: { test: string[] } }>;
}

test("a replica in a Swarm, which ends what is unhealthy, has to be ready only once", () => {
  // Compose's own tags, such as !reset.
  const text = readFileSync(`${ROOT}/compose.swarm.yaml`, "utf8").replaceAll(/!(?:reset|override) ?/g, "");
  const { supervisor } = (Bun.YAML.parse(text) as Stack).services;
  expect(supervisor?.healthcheck?.test).toEqual(["CMD", "/usr/local/bin/ai-dock", "health", "--started"]);
});
