import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "../..");
const read = (path: string) => readFileSync(`${ROOT}/${path}`, "utf8");

interface Stack {
  services: Record<string, { healthcheck?: object }>;
}

test("a replica in a Swarm, which ends what is unhealthy, has to be ready only once", () => {
  // Compose's own tags, such as !reset.
  const text = read("compose.swarm.yaml").replaceAll(/!(?:reset|override) ?/g, "");
  const { supervisor } = (Bun.YAML.parse(text) as Stack).services;
  expect(supervisor).toBeDefined();
  expect(supervisor?.healthcheck).toBeUndefined();
  // So the image's own counts.
  const [, probe] = /^HEALTHCHECK [^\n]*\\\n +CMD \["([^"]+)"\]$/m.exec(read("Dockerfile")) ?? [];
  const [, script] = new RegExp(`^COPY --chmod=0755 (\\S+) ${probe}$`, "m").exec(read("Dockerfile")) ?? [];
  expect(read(script ?? "")).toEndWith("\nexec /usr/local/bin/ai-dock health --started\n");
});
