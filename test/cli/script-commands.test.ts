import { describe, expect, test } from "bun:test";
import { resolve } from "node:path";

const MAIN = resolve(import.meta.dir, "../../src/main.ts");

/** Runs a command as a script of an image does that has no init. */
async function call(
  words: string[],
  { input = "", env = {} }: { input?: string; env?: Record<string, string> } = {},
) {
  await using child = Bun.spawn([process.execPath, MAIN, ...words], {
    stdin: new Blob([input]),
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: process.env["PATH"] ?? "", ...env },
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { stdout, stderr, code };
}

describe("hash-password", () => {
  test.each([
    ["by its option", ["-p", "it's 42", "-r", "4"], ""],
    ["by standard input", ["--rounds", "4"], "it's 42\n"],
    ["by standard input, named -", ["-p", "-", "-r", "4"], "it's 42"],
  ])("prints a hash that fits the password, given %s", async (_how, words, input) => {
    const { stdout, stderr, code } = await call(["hash-password", ...words], { input });
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout).toMatch(/^\$2b\$04\$[\w./]{53}\n$/);
    expect(await Bun.password.verify("it's 42", stdout.trim())).toBe(true);
    expect(await Bun.password.verify("it's 43", stdout.trim())).toBe(false);
  });

  test.each([
    [["-p", "x".repeat(73)], "Expected a password of 1 to 72 bytes, got 73"],
    [["-p", ""], "Expected a password of 1 to 72 bytes, got 0"],
    [["-p", "x", "-r", "99"], '--rounds: expected 4 to 31, got "99"'],
  ])("refuses %p", async (words, message) => {
    const { stdout, stderr, code } = await call(["hash-password", ...words]);
    expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
    expect(stderr).toContain(message);
  });
});

describe("external-ip-address", () => {
  test("prints what the cloud says, alone", async () => {
    const env = { PUBLIC_IPADDR: "198.51.100.1" };
    expect(await call(["external-ip-address"], { env })).toEqual({
      stdout: "198.51.100.1\n",
      stderr: "",
      code: 0,
    });
  });
});

test.each([
  ["env-store", [], 'Expected names of variables, got ""'],
  ["env-store", ["A B"], 'Expected names of variables, got "A B"'],
  ["fix-permissions", ["-o", "home"], 'Expected container, workspace, all, got "home"'],
  ["fix-permissions", ["/opt"], 'Expected container, workspace, all, got "/opt"'],
  ["venv-sync", [], 'Expected the name of an environment, got ""'],
  ["venv-sync", ["../x"], 'Expected the name of an environment, got "../x"'],
])("%s %p is a wrong use", async (name, words, message) => {
  const { stdout, stderr, code } = await call([name, ...words]);
  expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
  expect(stderr).toBe(`ai-dock: ${message}\nUsage: ${name} --help\n`);
});

test("env-store stores no variable that is not exported", async () => {
  expect(await call(["env-store", "NOT_THERE"])).toEqual({
    stdout: "",
    stderr: "ai-dock: Cannot store NOT_THERE: expected an exported variable, got none of that name\n",
    code: 1,
  });
});
