import { expect, test } from "bun:test";
import { complaints, load, program } from "./load-fixture.ts";

test("a program that names nothing but its command has supervisord's defaults", () => {
  const { origin, ...spec } = program("");
  expect(spec).toEqual({
    name: "a",
    group: "a",
    aliases: [],
    command: ["/bin/x"],
    environment: {},
    autostart: true,
    autorestart: "unexpected",
    startsecs: 1,
    startretries: 3,
    exitcodes: [0],
    stopsignal: "TERM",
    stopwaitsecs: 10,
    stopasgroup: false,
    killasgroup: false,
    killMode: "control-group",
    priority: 999,
    stdout: { kind: "file", path: "/var/log/supervisor/a.log", maxBytes: 52_428_800, backups: 10 },
    stderr: { kind: "file", path: "/var/log/supervisor/a.error.log", maxBytes: 52_428_800, backups: 10 },
    dependsOn: [],
  });
  expect(origin).toMatchObject({ kind: "file", line: 1 });
});

test("the quick tunnels of the original image get sane names and answer to the literal ones", () => {
  const { programs, messages } = load(
    `[program:cf_quicktunnel]
user=$USER_NAME
environment=PROC_NAME="%(program_name)s",USER=$USER_NAME,HOME=/home/$USER_NAME
command=supervisor-quicktunnel.sh
process_name=="%(program_name)s_%(process_num)s"
numprocs=%(ENV_CF_QUICK_TUNNELS_COUNT)s
stdout_logfile=/dev/fd/1
`,
    { CF_QUICK_TUNNELS_COUNT: "2", USER_NAME: "daemon" },
  );
  expect(messages).toEqual([]);
  expect(programs.map(({ name, group, aliases }) => ({ name, group, aliases }))).toEqual([
    { name: "cf_quicktunnel_0", group: "cf_quicktunnel", aliases: ['="cf_quicktunnel_0"'] },
    { name: "cf_quicktunnel_1", group: "cf_quicktunnel", aliases: ['="cf_quicktunnel_1"'] },
  ]);
  expect(programs[0]).toMatchObject({
    user: "daemon",
    environment: { PROC_NAME: "cf_quicktunnel", USER: "daemon", HOME: "/home/daemon" },
    stdout: { kind: "container" },
  });
});

test("numprocs=0 is no program and no problem", () => {
  expect(load("[program:a]\ncommand=/bin/x\nnumprocs=0\n")).toEqual({
    programs: [],
    problems: [],
    messages: [],
  });
});

test("a command that cannot be split fails when it is started", () => {
  expect(load(`[program:a]\ncommand=/bin/x "y\n`).programs).toMatchObject([
    { command: [], commandError: `can't parse command '/bin/x "y': No closing quotation` },
  ]);
  expect(load("[program:a]\ncommand=/bin/x 'y\n").programs).toMatchObject([
    { commandError: `can't parse command "/bin/x 'y": No closing quotation` },
  ]);
  expect(load("[program:a]\ncommand=\n").programs).toMatchObject([
    { command: [], commandError: "command is empty" },
  ]);
});

test("every wrong key of a program is named, once for all its processes", () => {
  const keys =
    "process_name=%(process_num)s\nnumprocs=3\nautostart=t\nstopsignal=FOO\nstderr_logfile=%(nope)s";
  expect(complaints(keys)).toEqual([
    'x.conf:5: autostart: expected true or false (or yes, no, on, off, 1, 0), got "t"; program "a" is left out',
    'x.conf:6: stopsignal: expected a signal such as TERM, INT or 15, got "FOO"; program "a" is left out',
  ]);
  expect(complaints("process_name=%(process_num)s\nnumprocs=3\nstderr_logfile=%(nope)s")).toHaveLength(1);
});

test("a value that comes from a variable is shown with where it comes from", () => {
  expect(complaints("priority=%(ENV_P)s", { P: "high" })).toEqual([
    'x.conf:3: priority: expected a whole number, got "high" (from "%(ENV_P)s"); program "a" is left out',
  ]);
});

test("an unknown name is answered with the known ones and the nearest", () => {
  expect(complaints("directory=%(ENV_WORKSPCE)s", { WORKSPACE: "/workspace/" })).toEqual([
    'x.conf:3: directory: expected one of group_name, here, host_node_name, numprocs, process_num, program_name, ENV_ and a variable that is set, got "%(ENV_WORKSPCE)s" (did you mean ENV_WORKSPACE?); program "a" is left out',
  ]);
});

test("problems of an environment show no part of a value", () => {
  const shown = JSON.stringify([
    load("[program:a]\ncommand=/bin/x\nenvironment=TOKEN=hidden@secret\n").problems,
    load("[program:a]\ncommand=/bin/x\nenvironment=TOKEN=$secret,B=1\n").problems,
    load("[program:a]\ncommand=/bin/x\nenvironment=TOKEN=hidden secret\n").problems,
    load('[program:a]\ncommand=/bin/x\nenvironment=TOKEN="hidden secret\n').problems,
    load("[supervisord]\nenvironment=TOKEN=hidden@secret\n").problems,
  ]);
  expect(shown).toContain("TOKEN");
  expect(shown).not.toMatch(/hidden|secret/);
});

test("a value that was cut short is pointed out", () => {
  expect(complaints("environment=A=http://x/y?z=1")).toEqual([
    'x.conf:3: environment: expected a comma, got "?" in the value of A; the value ends there, quote it if it should not',
  ]);
});

test("unknown keys are named with the nearest known one", () => {
  expect(complaints("startsec=1\nfoo=bar")).toEqual([
    'x.conf:3: startsec: expected a known key such as startsecs, got "startsec"; it is ignored',
    'x.conf:4: foo: expected a known key, got "foo"; it is ignored',
  ]);
});

test("keys without effect are named once for all programs", () => {
  const text = "stdout_capture_maxbytes=1MB\n";
  const { messages } = load(`[program:a]\ncommand=x\n${text}[program:b]\ncommand=x\n${text}`);
  expect(messages).toEqual([
    "x.conf:3: stdout_capture_maxbytes: has no effect here; it is ignored, in every program",
  ]);
});

test("a user of the image's init is asked for by its variable", () => {
  expect(complaints("user=$USER_NAME")).toEqual([
    'x.conf:3: user: expected a user or user id of /etc/passwd (USER_NAME is not set), got "$USER_NAME"; program "a" is left out',
  ]);
});

test("the number of processes is bounded", () => {
  expect(complaints("process_name=%(process_num)s\nnumprocs=1000000000")).toEqual([
    'x.conf:4: numprocs: expected at most 10000 processes, got "1000000000"; program "a" is left out',
  ]);
});

test("signals are known by name without SIG", () => {
  const signals = ["TERM", "sigint", "9", "CLD", "40", "RTMIN"].map((signal) =>
    program(`stopsignal=${signal}`),
  );
  expect(signals.map(({ stopsignal }) => stopsignal)).toEqual(["TERM", "INT", "KILL", "CHLD", "40", "34"]);
});
