import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { loadPrograms } from "../../src/dropins/load.ts";
import { programId } from "../../src/programs/names.ts";
import { ROOT } from "./_page.ts";

const find = (pattern: string) => [...new Bun.Glob(pattern).scanSync({ cwd: ROOT })].toSorted();

/** What their hooks and the boot export. */
const env = { APP_PORT: "8188", WORKSPACE: "/workspace/" };

describe("drop-ins of the examples are free of mistakes", () => {
  test.each(find("examples/**/*.conf"))("%s", (path) => {
    const { programs, problems } = loadPrograms({ files: [join(ROOT, path)], env });
    expect(problems).toEqual([]);
    expect(programs.length).toBeGreaterThan(0);
  });
});

test("the drop-in shows a group, several processes and who waits for whom", () => {
  const { programs } = loadPrograms({ files: [join(ROOT, "examples/drop-in/app.conf")], env });
  expect(programs.map((spec) => [programId(spec), spec.dependsOn])).toEqual([
    ["backend:database", []],
    ["backend:worker_0", ["backend:database"]],
    ["backend:worker_1", ["backend:database"]],
    ["greeting", ["backend:*"]],
  ]);
});

describe("scripts of the examples are bash", () => {
  test.each(find("examples/**/*.sh"))("%s", (path) => {
    const { exitCode, stderr } = Bun.spawnSync(["bash", "-n", join(ROOT, path)]);
    expect(stderr.toString()).toBe("");
    expect(exitCode).toBe(0);
  });
});

test("README and docs show the three lines of the example", async () => {
  const dockerfile = await Bun.file(join(ROOT, "examples/any-image/Dockerfile")).text();
  const lines = dockerfile.trimEnd().split("\n").slice(-3).join("\n");
  for (const page of ["README.md", "docs/images.md"])
    expect(await Bun.file(join(ROOT, page)).text()).toContain(lines);
});
