import { expect, test } from "bun:test";
import { load } from "./load-fixture.ts";

test("the environment of [supervisord] reaches every program and its references", () => {
  const text =
    '[supervisord]\nenvironment=A="1",B=2\n[program:a]\ncommand=/bin/x %(ENV_A)s\nenvironment=B=3\n';
  const { programs, problems } = load(text, { A: "boot" });
  expect(problems).toEqual([]);
  expect(programs).toMatchObject([{ command: ["/bin/x", "1"], environment: { A: "1", B: "3" } }]);
});

test("sections and keys without effect are named once", () => {
  const { messages } = load(`[supervisord]
nodaemon=true
user=root
[inet_http_server]
port=9001
[rpcinterface:a]
x=1
[rpcinterface:b]
x=1
[eventlistener:e]
command=x
[fcgi-program:f]
command=x
[programs:p]
command=x
`);
  expect(messages).toEqual([
    "x.conf:2: [supervisord]: only environment is read; nodaemon, user ignored",
    "x.conf:4: [inet_http_server]: has no effect here; it is ignored",
    "x.conf:6: [rpcinterface:a]: has no effect here; it is ignored",
    "x.conf:10: [eventlistener:e]: event listeners are not supported; the section is ignored",
    "x.conf:12: [fcgi-program:f]: FastCGI programs are not supported; the section is ignored",
    'x.conf:14: [programs:p]: expected [program:…], got "programs:p"; the section is ignored',
  ]);
});

test("a group gives its programs a seat and an order; unknown members cost only themselves", () => {
  const { programs, messages } = load(`[group:g]
programs=b, nope, a
priority=5
[program:a]
command=x %(group_name)s
[program:b]
command=x
priority=1
[program:c]
command=x
priority=2
`);
  expect(programs.map(({ group, name, groupPriority }) => [group, name, groupPriority])).toEqual([
    ["c", "c", undefined],
    ["g", "b", 5],
    ["g", "a", 5],
  ]);
  expect(programs[2]?.command).toEqual(["x", "g"]);
  expect(messages).toEqual([
    'x.conf:2: programs: expected names of programs, got "nope"; it is left out of the group',
  ]);
});

test("two processes of one name in a group are one too many", () => {
  const { programs, messages } = load(
    "[program:a]\ncommand=x\n[program:b]\ncommand=y\nprocess_name=a\n[group:g]\nprograms=a,b\n",
  );
  expect(programs).toMatchObject([{ command: ["x"] }]);
  expect(messages).toEqual([
    'x.conf:3: [program:b]: expected a name of its own, got "g:a" again; this one is left out',
  ]);
});

test("a broken header keeps its keys from the section above", () => {
  const { programs, messages } = load(
    "[program:a]\ncommand=x\n[program:b\ncommand=y\n[program:c]\ncommand=z\n",
  );
  expect(programs.map(({ command }) => command)).toEqual([["x"], ["z"]]);
  expect(messages).toEqual([
    'x.conf:3: expected a section header such as [program:name], got "[program:b"; the lines up to the next header are left out',
  ]);
});

test("lines without a header are named once and cost only themselves", () => {
  const { programs, messages } = load("a=1\nb=2\n[program:a]\ncommand=x\n");
  expect(programs).toHaveLength(1);
  expect(messages).toEqual([
    'x.conf:1: expected a section header such as [program:name], got "a=1"; the lines up to the first header are left out',
  ]);
});

test("junk leaves out its program, and only its program", () => {
  const { programs, messages } = load(
    "[program:a]\ncommand=x\njunk\n[program:b]\ncommand=y\n[DEFAULT]\njunk\n",
  );
  expect(programs.map(({ name }) => name)).toEqual(["b"]);
  expect(messages).toEqual([
    'x.conf:7: [DEFAULT]: expected key=value, got "junk"; the line is ignored',
    'x.conf:3: [program:a]: expected key=value, got "junk"; program "a" is left out',
  ]);
});
