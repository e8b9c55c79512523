import { expect, test } from "bun:test";
import { chooseLogs, outputElsewhere, type ProgramLogs } from "../../src/cli/log-names.ts";
import { logOf } from "../../src/logs/names.ts";

const directory = "/var/log/supervisor";

function program(id: string, stdout: string, stderr = ""): ProgramLogs {
  const [group = "", name = group] = id.split(":");
  return { name, group, stdout_logfile: stdout, stderr_logfile: stderr };
}

const programs = [
  program("app:app_00", `${directory}/app_00.log`, `${directory}/app_00.error.log`),
  program("app:app_01", `${directory}/app_01.log`),
  program("plain", "/dev/stdout"),
  program("mute", ""),
  program("half", "/dev/stdout", `${directory}/half.error.log`),
  program("far", "/srv/far.log"),
  program("new", `${directory}/new.log`),
  program("other", `${directory}/its-own.log`),
];

const known = [
  "boot.log",
  "app_00.log",
  "app_00.error.log",
  "app_01.log",
  "half.error.log",
  "its-own.log",
].map((file) => logOf(directory, file)!);

const choose = (word: string, follow = false) => chooseLogs([word], programs, { directory, known, follow });

test.each([
  ["boot", ["boot"]],
  ["app_00", ["app_00"]],
  ["app:app_00", ["app_00"]],
  ["app", ["app_00", "app_01"]],
  ["app:*", ["app_00", "app_01"]],
  ["other", ["its-own"]],
  ["nobody", ["nobody"]],
])("chooseLogs() takes %s for %p", (word, names) => expect(choose(word)).toEqual({ names, notes: [] }));

test("chooseLogs() tells of programs that have no log here", () => {
  expect(choose("plain")).toEqual({ names: [], notes: ['The output of "plain" is in docker logs only'] });
  expect(choose("mute").notes).toEqual(['The output of "mute" is in docker logs only']);
  expect(choose("half")).toEqual({ names: ["half"], notes: ['The output of "half" is in docker logs only'] });
  expect(choose("far")).toEqual({ names: [], notes: ['The output of "far" is in "/srv/far.log"'] });
  expect(choose("new")).toEqual({ names: [], notes: ['"new" has written nothing yet'] });
  expect(choose("new", true)).toEqual({ names: ["new"], notes: [] });
});

test("outputElsewhere() is nowhere for a log that is shown", () => {
  expect(programs.map((one) => outputElsewhere(one, directory))).toEqual([
    undefined,
    undefined,
    "in docker logs only",
    "in docker logs only",
    "in docker logs only",
    'in "/srv/far.log"',
    undefined,
    undefined,
  ]);
});
