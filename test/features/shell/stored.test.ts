import { beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeInImage } from "../../../src/features/shell/store.ts";
import { readStored } from "../../../src/features/shell/stored.ts";
import { awkward } from "../../env/awkward-fixture.ts";
import { bootContext } from "../context-fixture.ts";

let file = "";
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), "stored-")), "environment.sh");
});

const store = (variables: Record<string, string>, imageEnv: Record<string, string> = {}) =>
  storeInImage(variables, imageEnv, file);

/** What a boot makes of the file: the environment, and what it warns of. */
async function booted(env: Record<string, string> = {}, limit?: number) {
  const context = bootContext({}, { PATH: "/usr/bin:/bin", ...env });
  await readStored(context, file, limit);
  return { env: context.env, lines: context.lines };
}

/** A build step that sources the file. */
function sourced(env: Record<string, string> = {}, script = "env -0") {
  const { stdout, stderr, status } = spawnSync("bash", ["-eo", "pipefail", "-c", `. "$0"; ${script}`, file], {
    env: { PATH: "/usr/bin:/bin", ...env },
    encoding: "utf8",
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout;
}

describe("what an image stores", () => {
  test("is there byte for byte for the next build step, and for the boot", async () => {
    store(awkward);
    const pairs = new Set(sourced().split("\0"));
    const missing = Object.entries(awkward).filter(([name, value]) => !pairs.has(`${name}=${value}`));
    expect(missing).toEqual([]);
    const { env, lines } = await booted();
    expect({ lines, env }).toMatchObject({ lines: [], env: awkward });
  });

  test("is written once, and again when it is another value; lines of others stay as they are", async () => {
    store({ ONE: "1" });
    const once = readFileSync(file, "utf8");
    store({ ONE: "1" });
    expect(readFileSync(file, "utf8")).toBe(once);
    appendFileSync(file, Buffer.from("# caf\xE9 without an end of line", "latin1"));
    chmodSync(file, 0o640);
    store({ ONE: "2", TWO: "x" });
    expect(readFileSync(file, "latin1")).toEndWith(
      "export ONE='1'\n# caf\xE9 without an end of line\nexport ONE='2'\nexport TWO='x'\n",
    );
    expect(spawnSync("stat", ["-c", "%a", file]).stdout.toString()).toBe("640\n");
    expect((await booted()).env).toMatchObject({ ONE: "2", TWO: "x" });
  });

  test("takes the place of a link to a file that a build does not have", () => {
    symlinkSync("/run/ai-dock-is-not-there/environment.sh", file);
    store({ ONE: "1" });
    expect(sourced({}, 'printf %s "$ONE"')).toBe("1");
  });

  test("gives way to what the container was started with, but not to an empty variable", async () => {
    store({ GIVEN: "stored", EMPTY: "stored", UNSET: "stored" });
    expect((await booted({ GIVEN: "given", EMPTY: "" })).env).toMatchObject({
      GIVEN: "given",
      EMPTY: "stored",
      UNSET: "stored",
    });
  });

  test("takes the place of the image's own ENV, unless the container was started with another value", async () => {
    store({ VERSION: "1.6.1" }, { VERSION: "latest" });
    expect((await booted({ VERSION: "latest" })).env["VERSION"]).toBe("1.6.1");
    expect((await booted({ VERSION: "1.5" })).env["VERSION"]).toBe("1.5");
    expect(readFileSync(file, "utf8")).not.toContain("latest");
  });

  test("is no variable of a session", async () => {
    store({ HOME: "/elsewhere", TERM: "dumb" });
    const { env } = await booted();
    expect([env["HOME"], env["TERM"]]).toEqual([undefined, undefined]);
  });
});

describe("lines that others have appended", () => {
  test("are sourced by a bash at the boot: functions, conditions, search paths", async () => {
    appendFileSync(
      file,
      'TOOLS=/opt/tools\nexport PATH="$TOOLS:$PATH" LD_LIBRARY_PATH="$LD_LIBRARY_PATH:/opt/lib"\n',
    );
    appendFileSync(file, 'use() { echo "$1"; }\nexport USED="$(use me)"\n[ -s /none ] && . /none\n');
    const { env, lines } = await booted({ LD_LIBRARY_PATH: "/usr/lib" });
    expect({ lines, env }).toMatchObject({
      lines: [],
      env: { PATH: "/opt/tools:/usr/bin:/bin", LD_LIBRARY_PATH: "/usr/lib:/opt/lib", USED: "me" },
    });
    expect(env).not.toHaveProperty("AI_DOCK_LINES");
  });

  test.each([
    ["a broken one", "export BEFORE=1\nif then\nexport AFTER=1\n", "syntax error"],
    ["one that ends the shell", "export BEFORE=1\nexit 3\n", "exit code 3"],
    ["a failing one under set -e", "set -e\nexport BEFORE=1\nfalse\nexport AFTER=1\n", "exit code 1"],
    [
      "a command that is not there",
      "export BEFORE=1\nno-such-command\n",
      "no-such-command: command not found",
    ],
  ])("cost one warning where they are wrong: %s", async (_what, text, problem) => {
    store({ STORED: "yes" });
    appendFileSync(file, text);
    const { env, lines } = await booted();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toStartWith(`warn "${file}": expected lines that bash can source, got `);
    expect(lines[0]).toContain(problem);
    expect(env["STORED"]).toBe("yes");
    if (problem !== "syntax error") expect(env["BEFORE"]).toBe("1");
  });

  test("do not hold up the boot, and what was stored beside them has its effect", async () => {
    store({ STORED: "yes" });
    appendFileSync(file, "sleep 1000\n");
    const { env, lines } = await booted({}, 200);
    expect(lines).toEqual([`warn "${file}": expected lines that bash can source, got no end in time`]);
    expect(env["STORED"]).toBe("yes");
  });
});

test("a bash is started for lines of others only", async () => {
  // No bash ends within no time, which would be warned of.
  for (const text of ["", "# a comment\n\n  \t\n# the last", "export A='it'\\''s'\n# note\nexport B=''\n"]) {
    writeFileSync(file, text);
    expect((await booted({}, 0)).lines).toEqual([]);
  }
  expect((await booted()).env).toMatchObject({ A: "it's", B: "" });
  appendFileSync(file, "sleep 10\n");
  expect((await booted({}, 0)).lines).toHaveLength(1);
});

test("a missing file is no file to read", async () => {
  expect(await booted()).toEqual({ env: { PATH: "/usr/bin:/bin" }, lines: [] });
});

describe.skipIf(process.getuid?.() !== 0)("a file that others can write to", () => {
  test.each([
    ["by its mode", () => chmodSync(file, 0o646)],
    ["by the mode of its group", () => chmodSync(file, 0o664)],
    ["by its owner", () => chownSync(file, 1000, 1000)],
  ])("is not read: %s", async (_how, open) => {
    store({ STORED: "yes" });
    open();
    const { env, lines } = await booted();
    expect(env["STORED"]).toBeUndefined();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/expected a file that root alone can write to, got mode \d+ of user \d+/);
  });

  test("is read in the compat flavour, whose account may become root", async () => {
    store({ STORED: "yes" });
    chmodSync(file, 0o664);
    expect((await booted({ AI_DOCK_FLAVOUR: "compat" })).env["STORED"]).toBe("yes");
  });
});
