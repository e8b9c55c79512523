import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sessionVariables } from "../../../src/env/session.ts";
import { shellFile } from "../../../src/features/shell/environment-file.ts";
import { awkward } from "../../env/awkward-fixture.ts";

const directory = mkdtempSync(join(tmpdir(), "shell-file-"));
const PATH = "/usr/bin:/bin:/opt/my tools";

/** The environment of a shell that sources the file, started with `start`. */
function sourced(shell: string, file: string, start: Record<string, string> = {}) {
  const path = join(directory, `${Bun.nanoseconds()}.sh`);
  writeFileSync(path, file);
  const result = spawnSync(shell, ["-c", '. "$0"; exec /usr/bin/env -0', path], { env: start });
  expect(result.stderr.toString()).toBe("");
  const pairs = result.stdout
    .toString()
    .split("\0")
    .slice(0, -1)
    .map((line) => /^([^=]*)=(.*)$/s.exec(line)?.slice(1) ?? []);
  return Object.fromEntries(pairs) as Record<string, string>;
}

test("sessionVariables() leaves out what a session has of its own and what is no name", () => {
  const env = {
    A: "1",
    HOME: "/x",
    TERM: "vt",
    SSH_PORT: "2",
    SSH_TTY: "x",
    "a.b": "1",
    IFS: "x",
    PS1: "$(id)",
  };
  expect(sessionVariables(env)).toEqual([
    ["A", "1"],
    ["SSH_PORT", "2"],
  ]);
});

describe.each(["/bin/bash", "/bin/sh"])("shellFile() in %s", (shell) => {
  test("gives every value byte for byte and runs none", () => {
    expect(sourced(shell, shellFile({ PATH, ...awkward }))).toMatchObject({ PATH, ...awkward });
  });

  test("leaves a shell that has the environment as it was started", () => {
    const file = shellFile({ PATH, FOO: "boot" });
    const first = sourced(shell, file, { FOO: "image" });
    expect(first["FOO"]).toBe("boot");
    expect(sourced(shell, file, { ...first, FOO: "mine" })["FOO"]).toBe("mine");
  });
});
