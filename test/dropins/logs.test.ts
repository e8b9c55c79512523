import { expect, test } from "bun:test";
import { homedir } from "node:os";
import { complaints, load, program } from "./load-fixture.ts";

const limits = { maxBytes: 52_428_800, backups: 10 };

test.each([
  ["AUTO", { kind: "file", path: "/var/log/supervisor/a.log", ...limits }],
  ["NONE", { kind: "none" }],
  ["", { kind: "none" }],
  ["/dev/null", { kind: "none" }],
  ["/dev/stdout", { kind: "container" }],
  ["/dev/fd/1", { kind: "container" }],
  ["/dev/stderr", { kind: "container" }],
  ["/proc/1/fd/1", { kind: "container" }],
  ["/not/there/x.log", { kind: "file", path: "/not/there/x.log", ...limits }],
  ["x.log", { kind: "file", path: "/var/log/supervisor/x.log", ...limits }],
  ["~/x.log", { kind: "file", path: `${homedir()}/x.log`, ...limits }],
  ["/tmp/100%%.log", { kind: "file", path: "/tmp/100%.log", ...limits }],
])("stdout_logfile=%s", (value, expected) => {
  expect(program(`stdout_logfile=${value}`).stdout).toEqual(expected as never);
});

test("sizes and backups count for AUTO too", () => {
  expect(program("stdout_logfile_maxbytes=10MB\nstdout_logfile_backups=1").stdout).toEqual({
    kind: "file",
    path: "/var/log/supervisor/a.log",
    maxBytes: 10 * 1024 ** 2,
    backups: 1,
  });
});

test("redirect_stderr wins over a file for stderr, which is pointed out", () => {
  const keys = "redirect_stderr=true\nstderr_logfile=/tmp/x.err";
  expect(program(keys).stderr).toBe("stdout");
  expect(complaints(keys)).toEqual([
    'x.conf:4: stderr_logfile: expected none because redirect_stderr is true, got "/tmp/x.err"; it is ignored',
  ]);
});

test("a program in two groups has a log for each", () => {
  const { programs } = load(
    "[program:a]\ncommand=x\nstderr_logfile=NONE\n[group:g]\nprograms=a\n[group:h]\nprograms=a\n",
  );
  expect(programs.map(({ stdout, stderr }) => [stdout, stderr])).toMatchObject([
    [{ path: "/var/log/supervisor/a.log" }, { kind: "none" }],
    [{ path: "/var/log/supervisor/h-a.log" }, { kind: "none" }],
  ]);
});
