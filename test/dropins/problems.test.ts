import { expect, test } from "bun:test";
import { folderOf, load } from "./load-fixture.ts";

const nothing = { section: null, key: null, value: null, expectation: null };

/** What is said of a drop-in, but for severity and message; the file is left out where it is the right one. */
function parts(text: string) {
  return load(text).problems.map(({ message, file, line, section: header, key, value, expectation }) => {
    expect(file).toEndWith("/x.conf");
    expect(message).toStartWith(line === null ? `${file}: ` : `${file}:${line}: `);
    return { line, section: header, key, value, expectation };
  });
}

const a = "[program:a]\ncommand=/bin/x\n";
const section = "program:a";

test.each([
  [
    "a wrong value",
    `${a}startsecs=soon\n`,
    { line: 3, section, key: "startsecs", value: "soon", expectation: "a whole number" },
  ],
  [
    "a value that comes from a variable, as it is written",
    `${a}priority=%(program_name)s\n`,
    { line: 3, section, key: "priority", value: "%(program_name)s", expectation: "a whole number" },
  ],
  [
    "a missing command, where its section begins",
    "[program:a]\nstartsecs=1\n",
    { line: 1, section, key: "command", value: null, expectation: "a command line" },
  ],
  [
    "a mistyped key, without its value",
    `${a}enviroment=TOKEN=secret\n`,
    { line: 3, section, key: "enviroment", value: null, expectation: "a known key such as environment" },
  ],
  [
    "a wrong environment, without its value",
    `${a}environment=TOKEN\n`,
    {
      line: 3,
      section,
      key: "environment",
      value: null,
      expectation: 'NAME="value" pairs separated by commas',
    },
  ],
  ["junk", `${a}junk\n`, { line: 3, section, key: null, value: "junk", expectation: "key=value" }],
  [
    "a broken header",
    "[program:a\ncommand=x\n",
    { ...nothing, line: 1, value: "[program:a", expectation: "a section header such as [program:name]" },
  ],
  [
    "a wrong readiness",
    `${a}ready=tcp:x\n`,
    { line: 3, section, key: "ready", value: "tcp:x", expectation: "a port from 1 to 65535" },
  ],
  [
    "a setting of supervisord's own",
    "[supervisord]\nnodaemon=true\n",
    { ...nothing, line: 2, section: "supervisord" },
  ],
])("a problem tells the parts of %s", (_, text, expected) => {
  expect(parts(text)).toEqual([expected]);
});

test("a file that cannot be read is named without a line", () => {
  using folder = folderOf({});
  const { problems } = load(`[include]\nfiles=${folder.path}`);
  expect(problems.map(({ file, line, expectation }) => ({ file, line, expectation }))).toEqual([
    { file: folder.path, line: null, expectation: "a readable file" },
  ]);
});
