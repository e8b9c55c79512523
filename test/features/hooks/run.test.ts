import { beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runHook } from "../../../src/features/hooks/run.ts";
import { bootContext } from "../context-fixture.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hook-"));
});

/** Runs a script and says what came of it. */
async function run(content: string | Uint8Array, { mode = 0o755, env = {}, timeout = 0 } = {}) {
  const path = join(directory, "hook.sh");
  writeFileSync(path, content);
  chmodSync(path, mode);
  const context = bootContext({}, { KEPT: "kept", ...env });
  const before = { ...context.env };
  const { code } = await runHook(context, { name: "hook", path, timeout });
  const changed = Object.entries(context.env).filter(([name, value]) => before[name] !== value);
  const removed = Object.keys(before).filter((name) => !(name in context.env));
  expect(readFileSync(path)).toEqual(Buffer.from(content as string));
  return { code, exports: Object.fromEntries(changed), removed, output: context.output["hook"] ?? "" };
}

describe("runHook() runs", () => {
  test.each([
    ["a script that exits at its end", "#!/bin/bash\nexport A=1\nmain() { echo hi; }\nmain\nexit\n", 0o755],
    ["a script to be sourced", "#!/bin/false\nexport A=1\necho hi\n", 0o644],
    ["a script without a first line for the kernel", "export A=1\necho hi\nreturn 0\n", 0o644],
    ["CRLF", "#!/bin/bash\r\nexport A=1\r\necho hi\r\nexit 0\r\n", 0o755],
    ["CRLF after env", "#!/usr/bin/env bash\r\nexport A=1\r\necho hi\r\n", 0o644],
    ["a byte order mark", "\uFEFF#!/bin/bash\nexport A=1\necho hi\n", 0o755],
    ["sh", "#!/bin/sh\nA=1; export A; echo hi\n", 0o755],
    [
      "its own main guard",
      '#!/bin/bash\nif [[ ${BASH_SOURCE[0]} == "$0" ]]; then export A=1; echo hi; fi',
      0o755,
    ],
    ["an EXIT trap of its own", "#!/bin/bash\nexport A=1\ntrap 'echo hi' EXIT\nexit 0\n", 0o755],
    ["a trap on several signals", "trap 'echo hi' INT TERM EXIT\nexport A=1\n", 0o755],
    ["a trap in a subshell", "export A=1\n(trap 'echo hi' EXIT)\n", 0o755],
    ["a trap that is taken back", "export A=1\ntrap 'echo no' 0; trap - EXIT; echo hi\n", 0o755],
    ["strict mode", "set -euo pipefail\nexport A=1\ntrap 'echo hi' EXIT\n", 0o755],
  ])("%s", async (_, content, mode) => {
    expect(await run(content, { mode })).toEqual({
      code: 0,
      exports: { A: "1" },
      removed: [],
      output: "hi\n",
    });
  });

  test("python by its first line, executable or not, with CRLF", async () => {
    const script = "#!/usr/bin/env python3\r\nimport os\r\nprint(os.environ['KEPT'])\r\n";
    expect(await run(script, { mode: 0o644 })).toMatchObject({ code: 0, output: "kept\n" });
  });

  test("an interpreter with its one argument", async () => {
    expect(await run("#!/usr/bin/tail -n1\nfirst\nlast\n")).toMatchObject({ output: "last\n" });
  });

  test("a compiled program", async () => {
    expect(await run(readFileSync("/bin/true"))).toMatchObject({ code: 0, output: "" });
  });

  test("nothing for a file of comments", async () => {
    expect(await run("#!/bin/bash\n# put commands here\n\n")).toMatchObject({ code: 0, output: "" });
  });
});

describe("runHook() takes over", () => {
  test("nothing that the script has not changed, so that what others change meanwhile stays", async () => {
    const path = join(directory, "hook.sh");
    writeFileSync(path, "export MINE=1\nunset GONE\n");
    const context = bootContext({}, { KEPT: "before", GONE: "x" });
    const done = runHook(context, { name: "hook", path });
    Object.assign(context.env, { KEPT: "meanwhile", NEW: "1" });
    expect((await done).exported).toBe(2);
    expect(context.env).toMatchObject({ KEPT: "meanwhile", NEW: "1", MINE: "1" });
    expect(context.env).not.toHaveProperty("GONE");
  });

  test("values byte for byte, changes and removals, but nothing of the shell's own", async () => {
    const script = [
      "export A=$'one\\ntwo=\"x\\'' PATH=$PATH:/mine",
      "unset KEPT; LOCAL=1; cd /; export -f cd 2>/dev/null; f() { :; }; export -f f",
    ].join("\n");
    const { exports, removed } = await run(script);
    expect(exports).toEqual({ A: "one\ntwo=\"x'", PATH: expect.stringMatching(/:\/mine$/) });
    expect(removed).toEqual(["KEPT"]);
  });

  test("exports of a script that fails, with its code", async () => {
    expect(await run("export A=1\nexit 3\n")).toMatchObject({ code: 3, exports: { A: "1" } });
    expect(await run("set -e\nexport A=1\nfalse\necho no\n")).toMatchObject({
      code: 1,
      exports: { A: "1" },
      output: "",
    });
    expect(await run("#!/bin/bash -e\nexport A=1\nfalse\nexport B=1\n")).toMatchObject({
      code: 1,
      exports: { A: "1" },
    });
    expect(await run("export A=1\ntrap 'echo code $?' EXIT\nexit 7\n")).toMatchObject({
      code: 7,
      output: "code 7\n",
    });
    expect(await run("set -e\nexport A=1\ntrap 'echo code $?' EXIT\nfalse\n")).toMatchObject({
      code: 1,
      output: "code 1\n",
      exports: { A: "1" },
    });
  });

  test.each([
    [
      "ERR",
      "trap 'echo 1 $?' ERR\n(exit 4)\ntrap 'echo 2 $?' ERR\nfalse\ntrap - ERR\nfalse\necho end\n",
      "1 4\n2 1\nend\n",
    ],
    ["a signal", "trap 'echo term; exit 9' INT TERM\nkill -TERM $$\necho no\n", "term\n"],
    ["none", "trap '' HUP\nkill -HUP $$\necho end\n", "end\n"],
  ])("traps as the shell does: %s", async (_, script, output) => {
    expect((await run(`export A=1\n${script}`)).output).toBe(output);
  });

  test("nothing of a script that replaced itself", async () => {
    expect(await run("export A=1\nexec true\n")).toMatchObject({ code: 0, exports: {}, removed: [] });
  });

  test("no helper of ours under set -a", async () => {
    expect(await run("set -a\nA=1\ntrap : EXIT\n")).toMatchObject({ exports: { A: "1" } });
  });
});

describe.each([
  ["POSIXLY_CORRECT", "1"],
  ["POSIXLY_CORRECT", ""],
  ["SHELLOPTS", "posix"],
  ["SHELLOPTS", "nounset:posix"],
])("runHook() with %s=%s in the environment", (name, value) => {
  const env = { [name]: value };

  test("takes over exports, with traps of the script's own", async () => {
    const script = "export A=1\ntrap 'echo hi $?' EXIT\n(trap 'echo sub' EXIT)\nexit 3\n";
    expect(await run(script, { env })).toEqual({
      code: 3,
      exports: { A: "1" },
      removed: [],
      output: "sub\nhi 3\n",
    });
  });

  test("leaves the mode, the variable and its programs as bash does", async () => {
    const show = `echo "\${${name}-unset}"; printenv ${name}; case :$SHELLOPTS: in *:posix:*) echo posix;; esac`;
    const native = Bun.spawnSync(["/bin/bash", "-c", show], { env: { PATH: process.env["PATH"]!, ...env } });
    expect(native.stdout.toString()).toContain("posix");
    expect(await run(show, { env })).toEqual({
      code: 0,
      exports: {},
      removed: [],
      output: native.stdout.toString(),
    });
  });
});

test("runHook() reports a syntax error by its code and its message", async () => {
  const { code, output } = await run("#!/bin/bash\nif true; then\n");
  expect([code, output.includes("syntax error")]).toEqual([2, true]);
});

test("runHook() ends a script that does not end", async () => {
  expect((await run("echo hi\nsleep 100\n", { timeout: 2 })).output).toBe("hi\n");
});

test("runHook() leaves no copy behind", async () => {
  const { output } = await run('echo "$BASH_SOURCE"\r\n');
  expect(output).toMatch(/\/ai-dock-\w+\/hook\.sh\n$/);
  expect(existsSync(output.trim())).toBe(false);
});
