import { beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runHook } from "../../../src/features/hooks/run.ts";
import { bootContext } from "../context-fixture.ts";

/** A user that every Debian has; the group is our own choice. */
const daemon = { name: "daemon", uid: 1, gid: 1, groups: [1], shell: "/bin/sh" };

/** Below a directory that is closed to others, as /opt/ai-dock/bin/provisioning.sh is. */
let directory = "";
beforeEach(() => {
  directory = mkdtempSync("/tmp/other-user-");
  chmodSync(directory, 0o755);
});

async function run(content: string | Uint8Array, { mode = 0o700, settle = "" } = {}) {
  const home = join(directory, "home");
  mkdirSync(home);
  chownSync(home, 1, 1);
  mkdirSync(join(directory, "closed"), { mode: settle === "open" ? 0o755 : 0o700 });
  const path = join(directory, "closed", "hook.sh");
  writeFileSync(path, content, { mode });
  chmodSync(path, mode);
  const context = bootContext({}, { KEPT: "kept", HOME: "/root" });
  const before = { ...context.env };
  const { code, exported } = await runHook(context, { name: "hook", path, user: { ...daemon, home } });
  expect(context.env).toEqual(before);
  return { code, exported, output: context.output["hook"] ?? "", home, path };
}

describe.skipIf(process.getuid?.() !== 0)("runHook() as another user", () => {
  test("runs root's closed script, in the user's home and name, and takes no exports over", async () => {
    const script = `#!/bin/bash
export LD_PRELOAD_NOT=/evil.so
unset KEPT
id -un; id -G; pwd; echo "$HOME $USER $LOGNAME \${KEPT-gone} $0"; touch made
`;
    const { home, path, ...result } = await run(script);
    expect(result).toEqual({
      code: 0,
      exported: 0,
      output: `daemon\n1\n${home}\n${home} daemon daemon gone ${path}\n`,
    });
    expect(readdirSync(home)).toEqual(["made"]);
  });

  test("shows the script to the user, to no other one, and for no longer than the run", async () => {
    const { output } = await run(
      'stat -Lc "%a %u:%g" "${BASH_SOURCE[0]}" "${BASH_SOURCE[0]%/*}"; echo "$BASH_SOURCE"\n',
    );
    const [file, folder, path = ""] = output.trim().split("\n");
    expect([file, folder]).toEqual(["750 0:1", "750 0:1"]);
    expect(await Bun.file(path).exists()).toBe(false);
  });

  test("mends Windows line ends, and keeps the options of the first line", async () => {
    const { code, output } = await run("#!/bin/bash -e\r\necho one\r\nfalse\r\necho two\r\n");
    expect([code, output]).toEqual([1, "one\n"]);
  });

  test("gives an interpreter its script by the real path where the user can read it, else a copy", async () => {
    const script = "#!/usr/bin/env python3\nimport sys, os\nprint(sys.argv[0], os.getuid())\n";
    const closed = await run(script);
    expect(closed.output).toMatch(/^\/(run|dev\/shm|tmp)\/ai-dock-\w+\/hook\.sh 1\n$/);
    directory = mkdtempSync("/tmp/other-user-");
    chmodSync(directory, 0o755);
    const open = await run(script, { mode: 0o644, settle: "open" });
    expect(open.output).toBe(`${open.path} 1\n`);
  });

  test("runs a compiled program", async () => {
    const { code, output } = await run(new Uint8Array(await Bun.file("/usr/bin/id").arrayBuffer()));
    expect([code, output]).toEqual([0, "uid=1(daemon) gid=1(daemon) groups=1(daemon)\n"]);
  });
});
