import { afterEach, beforeEach, expect, test } from "bun:test";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { remotesCheck } from "../../../src/features/remotes/check.ts";
import { mountObstacle, mountRequirements } from "../../../src/features/remotes/requirements.ts";
import { bootContext } from "../context-fixture.ts";
import { place, rcloneProgram } from "./place-fixture.ts";

let here: ReturnType<typeof place>;
let env: Record<string, string>;
beforeEach(() => {
  here = place();
  const bin = rcloneProgram(here.base, "echo '[]'");
  env = { PATH: bin, WORKSPACE: here.workspace, RCLONE_CONFIG: join(here.base, "rclone.conf") };
});
afterEach(() => rmSync(here.base, { recursive: true }));

const unmet = () =>
  mountRequirements(env)
    .filter(({ met }) => !met)
    .map(({ name }) => name);

test("each missing program is named with the way to get it", () => {
  expect(unmet()).not.toContain("rclone");
  expect(mountRequirements(env).find(({ name }) => name === "fusermount3")).toEqual({
    name: "fusermount3",
    met: false,
    message: "not installed",
    fix: "apt-get install fuse3",
  });
  rmSync(join(here.base, "bin/rclone"));
  expect(mountObstacle(env)).toBe(
    "rclone: not installed; use an image with rclone, or see rclone.org/install",
  );
});

test("a link in the place of the caches is an obstacle, and says how to mend it", () => {
  const path = `${here.workspace}remote/.cache`;
  expect(unmet()).not.toContain(path);
  symlinkSync("/etc", path);
  expect(mountRequirements(env).at(-1)).toEqual({
    name: path,
    met: false,
    message: "a link, which is not followed",
    fix: `rm ${path}`,
  });
});

test("what is missing is a warning without remotes, and an error with one", async () => {
  const statuses = async () => {
    const { settings } = bootContext();
    const results = await remotesCheck({ env, settings, status: undefined });
    return results.filter(({ name }) => name === "fusermount3").map(({ status }) => status);
  };
  expect(await statuses()).toEqual(["warning"]);
  writeFileSync(env["RCLONE_CONFIG"] ?? "", "[far]\n");
  expect(await statuses()).toEqual(["error"]);
});
