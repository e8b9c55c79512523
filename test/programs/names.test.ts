import { describe, expect, test } from "bun:test";
import {
  isProcessNamed,
  programId,
  programsNamed,
  requirePrograms,
  splitName,
} from "../../src/programs/names.ts";

const programs = [
  { group: "web", name: "web", aliases: ["site"] },
  { group: "g", name: "worker", aliases: ["hand"] },
  { group: "g", name: "web", aliases: [] },
  { group: "h", name: "worker", aliases: [] },
];

const ids = (found: { group: string; name: string }[]) => found.map((one) => programId(one));

describe("programsNamed()", () => {
  test.each([
    ["all", ["web", "g:worker", "g:web", "h:worker"]],
    ["web", ["web"]],
    ["web:web", ["web"]],
    ["web:*", ["web"]],
    ["site", ["web"]],
    ["web:site", ["web"]],
    ["g", ["g:worker", "g:web"]],
    ["g:*", ["g:worker", "g:web"]],
    ["g:web", ["g:web"]],
    ["hand", ["g:worker"]],
    ["g:hand", ["g:worker"]],
    // Nothing else is called so.
    ["worker", ["g:worker", "h:worker"]],
    ["", []],
    ["g:", []],
    ["g:nobody", []],
    ["nobody", []],
  ])('"%s"', (name, expected) => {
    expect(ids(programsNamed(programs, name))).toEqual(expected);
  });
});

test("requirePrograms() says which names there are", () => {
  expect(ids(requirePrograms(programs, "g:web"))).toEqual(["g:web"]);
  expect(() => requirePrograms(programs, "nobody")).toThrow(
    'No such program: expected one of web, g:worker, g:web, h:worker, got "nobody"',
  );
});

test.each([
  ["web", ["web"]],
  ["web:web", ["web"]],
  ["site", ["web"]],
  ["g:worker", ["g:worker"]],
  ["g:hand", ["g:worker"]],
  // supervisord knows members by their full name only.
  ["worker", []],
  ["g", []],
])('isProcessNamed() for "%s"', (text, expected) => {
  expect(ids(programs.filter((program) => isProcessNamed(program, text)))).toEqual(expected);
});

test.each([
  ["a", { group: "a", name: "a" }],
  ["g:a", { group: "g", name: "a" }],
  ["g:*", { group: "g", name: undefined }],
  ["g:", { group: "g", name: undefined }],
  ["g:a:b", { group: "g", name: "a:b" }],
])('splitName("%s")', (text, expected) => {
  expect(splitName(text)).toEqual(expected);
});
