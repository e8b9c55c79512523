import { describe, expect, test } from "bun:test";
import { cases } from "./cases/index.ts";
import { comparable, isError } from "./compare.ts";
import { differences } from "./differences.ts";
import { NEIGHBOUR, readAll } from "./run.ts";

const readings = await readAll(cases);

describe("supervisord and we read the same configuration alike", () => {
  for (const [index, { name, differs }] of cases.entries()) {
    const title = differs === undefined ? name : `${name}, but for: ${differs}`;
    test(title, () => {
      const { supervisord, ours } = comparable(readings[index]!);
      if (differs === undefined) expect(ours).toEqual(supervisord);
      else expect(ours).not.toEqual(supervisord);
    });
  }
});

test("what is wrong costs no other program", () => {
  const without = readings.flatMap(({ ours }, index) =>
    ours.programs.some((spec) => spec.name === NEIGHBOUR) ? [] : [cases[index]!.name],
  );
  expect(without).toEqual([]);
});

test("every error names its file and line and what would be right", () => {
  const form = /^\/.*\.conf:\d+: (?:.+?: )?expected .+, got .+; .+/;
  const formless = readings
    .flatMap(({ ours }) => ours.problems.filter(isError))
    .map(({ message }) => message);
  expect(formless.filter((message) => !form.test(message))).toEqual([]);
});

test("every difference on the list is shown by a case", () => {
  const shown = new Set(cases.map(({ differs }) => differs));
  expect(Object.keys(differences).filter((name) => !shown.has(name as keyof typeof differences))).toEqual([]);
});
