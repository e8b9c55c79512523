import { expect, test } from "bun:test";
import { join, resolve } from "node:path";
import { folderOf } from "../dropins/load-fixture.ts";

const MAIN = resolve(import.meta.dir, "../../src/main.ts");

/** Runs `ai-dock check` on two files beside no supervisor. */
async function check(files: Record<string, string>, flag?: string, variables: Record<string, string> = {}) {
  using folder = folderOf(files);
  const paths = Object.keys(files).map((name) => join(folder.path, name));
  const child = Bun.spawn(
    [process.execPath, MAIN, "check", ...(flag === undefined ? [] : [flag]), ...paths],
    {
      stdout: "pipe",
      stderr: "pipe",
      env: { PATH: process.env["PATH"], AI_DOCK_DISABLE: "nobody", ...variables },
    },
  );
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const short = (text: string) => text.replaceAll(`${folder.path}/`, "");
  return { stdout: short(stdout), stderr: short(stderr), code: await child.exited };
}

const files = {
  "a.conf": "[program:good]\ncommand=/bin/true\n[program:bad]\ncommand=/bin/true\nstartsecs=soon\n",
  "b.conf": "[program:lonely]\ncommand=/bin/true\ndepends_on=wroker\n",
};

test("check --json tells file, line, section, key, value and expectation of each problem", async () => {
  const { stdout, stderr, code } = await check(files, "--json");
  const { programs, problems } = JSON.parse(stdout) as { programs: string[]; problems: object[] };
  expect(programs).toEqual(["good", "lonely"]);
  expect(problems).toEqual([
    {
      severity: "error",
      message: 'a.conf:5: startsecs: expected a whole number, got "soon"; program "bad" is left out',
      file: "a.conf",
      line: 5,
      section: "program:bad",
      key: "startsecs",
      value: "soon",
      expectation: "a whole number",
    },
    {
      severity: "warning",
      message: 'b.conf:1: depends_on: expected a name of a program, got "wroker"; it is not waited for',
      file: "b.conf",
      line: 1,
      section: "program:lonely",
      key: "depends_on",
      value: "wroker",
      expectation: "a name of a program",
    },
    {
      severity: "warning",
      message: 'AI_DOCK_DISABLE: expected names of programs, got "nobody"; ignoring it',
      file: null,
      line: null,
      section: null,
      key: "AI_DOCK_DISABLE",
      value: "nobody",
      expectation: "names of programs",
    },
  ]);
  expect(stderr).toBe("");
  expect(code).toBe(78);
});

test("a wrong variable has its name, its value without secrets, and what would be right", async () => {
  const url = "ftp://user:hidden@host/x";
  const { stdout } = await check({}, "--json", { SSH_PORT: "abc", PROVISIONING_SCRIPT: url });
  const { problems } = JSON.parse(stdout) as { problems: object[] };
  expect(problems.slice(0, 2)).toEqual([
    {
      severity: "error",
      message: 'SSH_PORT: expected a port from 1 to 65535, got "abc"; using 22',
      file: null,
      line: null,
      section: null,
      key: "SSH_PORT",
      value: "abc",
      expectation: "a port from 1 to 65535",
    },
    {
      severity: "error",
      message:
        'PROVISIONING_SCRIPT: expected an http(s) or file URL or an absolute path, got "ftp://[redacted]@host/x"; ignoring it',
      file: null,
      line: null,
      section: null,
      key: "PROVISIONING_SCRIPT",
      value: "ftp://[redacted]@host/x",
      expectation: "an http(s) or file URL or an absolute path",
    },
  ]);
});

test("check says the same in lines", async () => {
  const { stdout, stderr, code } = await check(files);
  expect(stderr.split("\n")).toEqual([
    'error: a.conf:5: startsecs: expected a whole number, got "soon"; program "bad" is left out',
    'warning: b.conf:1: depends_on: expected a name of a program, got "wroker"; it is not waited for',
    'warning: AI_DOCK_DISABLE: expected names of programs, got "nobody"; ignoring it',
    "",
  ]);
  expect(stdout).toBe("1 error, 2 warnings; programs: good, lonely\n");
  expect(code).toBe(78);
});
