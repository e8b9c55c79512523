import { afterAll, expect, test } from "bun:test";
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { workspaceOf } from "../../../src/env/workspace.ts";
import { workspaceCheck } from "../../../src/features/workspace/check.ts";
import { bootContext } from "../context-fixture.ts";

const base = mkdtempSync(join(tmpdir(), "check-"));
afterAll(() => rmSync(base, { recursive: true }));

async function results(path: string, settings: Record<string, string> = {}) {
  const found = await workspaceCheck({
    env: { WORKSPACE: path },
    settings: bootContext(settings).settings,
    status: undefined,
  });
  return Object.fromEntries(found.map(({ name, status, message }) => [name, { status, message }]));
}

test("a workspace that is no directory is one error, and nothing else is looked at", async () => {
  const file = join(base, "file");
  writeFileSync(file, "");
  expect(await results(file)).toEqual({
    workspace: { status: "error", message: `"${file}/" is no directory` },
  });
});

test("a directory of the container warns that its files do not last; a mounted one is well", async () => {
  const path = join(base, "plain");
  mkdirSync(path);
  const found = await results(path);
  expect(found["workspace"]?.status).toBe("warning");
  expect(found["workspace"]?.message).toContain("is no mounted volume");
  expect(Object.keys(found)).toEqual(expect.arrayContaining([`room in ${path}/`, "room for logs"]));
  expect((await results("/dev/shm"))["workspace"]).toEqual({
    status: "ok",
    message: '"/dev/shm/" is a mounted volume',
  });
});

test.skipIf(process.getuid?.() !== 0)(
  "access control lists count for a workspace of another user alone",
  async () => {
    const path = join(base, "owned");
    mkdirSync(path);
    expect(await results(path)).not.toHaveProperty("acl");
    chownSync(path, 1000, 1000);
    expect(await results(path)).toHaveProperty("acl");
    expect(await results(path, { SKIP_ACL: "true" })).not.toHaveProperty("acl");
  },
);

test.each([
  [undefined, "/workspace/"],
  ["/data", "/data/"],
  ["  /data ", "/data/"],
  ["relative", "/workspace/"],
])("the workspace of WORKSPACE=%p is %s", (value, expected) => {
  expect(workspaceOf(value === undefined ? {} : { WORKSPACE: value })).toBe(expected);
});
