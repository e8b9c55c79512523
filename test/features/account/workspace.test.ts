import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { giveWorkspace, holdsScripts } from "../../../src/features/account/workspace.ts";
import { HOOK_DIRECTORY } from "../../../src/features/hooks/find.ts";
import { bootContext } from "../context-fixture.ts";

const entry = { name: "me", uid: 4001, gid: 4002, home: "/home/me", shell: "/bin/sh" };

function place(names: string[] = []) {
  const base = mkdtempSync(join(tmpdir(), "workspace-"));
  chmodSync(base, 0o755);
  const path = join(base, "workspace");
  mkdirSync(path);
  for (const name of names) writeFileSync(join(path, name), "");
  return {
    path,
    owner: () => statSync(path).uid,
    /** What the account can do there. */
    canWrite: () =>
      spawnSync("setpriv", ["--reuid=4001", "--regid=4002", "--clear-groups", "touch", join(path, "probe")])
        .status === 0,
    give(env: Record<string, string> = {}, settings: Record<string, string> = {}) {
      const given = { WORKSPACE: `${path}/`, WORKSPACE_UID: "0", WORKSPACE_GID: "0", ...env };
      const context = bootContext(settings, given);
      giveWorkspace(entry, context);
      return { lines: context.lines, uid: context.env["WORKSPACE_UID"], gid: context.env["WORKSPACE_GID"] };
    },
  };
}

const GIVEN = { lines: [], uid: "4001", gid: "4002" };
const MOUNTED = { WORKSPACE_MOUNTED: "true" };

describe.skipIf(process.getuid?.() !== 0)("giveWorkspace()", () => {
  test.each([{}, MOUNTED])("a fresh one of root's is the account's: %p", (env) => {
    const at = place(["WARNING-NO-MOUNT.txt"]);
    expect(at.give(env)).toEqual(GIVEN);
    expect([at.owner(), at.canWrite()]).toEqual([4001, true]);
  });

  test("a volume with content stays root's, and lets the account in; its content stays closed", () => {
    const at = place(["data"]);
    mkdirSync(join(at.path, "roots"));
    expect(at.give(MOUNTED)).toEqual(GIVEN);
    expect([at.owner(), at.canWrite(), statSync(join(at.path, "data")).uid]).toEqual([0, true, 0]);
  });

  test("without access control lists one line says what helps, unless all may write there anyway", () => {
    const at = place(["data"]);
    expect(at.give(MOUNTED, { SKIP_ACL: "true" })).toEqual({
      lines: [
        `warn WORKSPACE: expected a directory that "me" can write to, got root's "${at.path}/" (chown 4001:4002 helps); it stays as it is`,
      ],
      uid: "0",
      gid: "0",
    });
    chmodSync(at.path, 0o777);
    expect(at.give(MOUNTED, { SKIP_ACL: "true" })).toEqual(GIVEN);
    expect(at.owner()).toBe(0);
  });

  test("a directory of the image stays as it is", () => {
    const at = place(["app"]);
    const { lines, uid } = at.give();
    expect(lines).toHaveLength(1);
    expect([uid, at.owner(), at.canWrite()]).toEqual(["0", 0, false]);
  });

  test("on a volume whose files keep their owner, a list of access lets it in", () => {
    const at = place();
    expect(at.give({ ...MOUNTED, WORKSPACE_PERMISSIONS: "false" })).toEqual(GIVEN);
    expect([at.owner(), at.canWrite()]).toEqual([0, true]);
  });

  test("one of another owner stays as it is", () => {
    const at = place();
    chownSync(at.path, 77, 77);
    expect(at.give()).toMatchObject({ lines: [], uid: "0" });
    expect(at.owner()).toBe(77);
  });
});

test.each([
  ["/", true],
  ["/opt", true],
  [HOOK_DIRECTORY, true],
  ["/opt/app", false],
  ["/op", false],
  ["/root", true],
  ["/root/workspace", false],
  ["/workspace", false],
])("holdsScripts(%p) is %p", (path, expected) => {
  expect(holdsScripts(path)).toBe(expected);
});
