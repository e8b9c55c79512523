import { describe, expect, test } from "bun:test";
import type { Problem } from "../../src/programs/conf/index.ts";
import { cases } from "./cases/index.ts";
import { differences } from "./differences.ts";
import { NEIGHBOUR, readAll, type Readings } from "./run.ts";
import { normalised, type ProcessView, viewOf } from "./view.ts";

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

interface Comparable {
  refused: boolean;
  processes: ProcessView[];
}

/** A refusal compares as such: we leave out only what is wrong, supervisord everything. */
function comparable({ supervisord, ours }: Readings): { supervisord: Comparable; ours: Comparable } {
  const refused = ours.problems.some(isError);
  const own = { refused, processes: refused ? [] : ours.programs.map(viewOf) };
  if ("refused" in supervisord) return { supervisord: { refused: true, processes: [] }, ours: own };
  return {
    supervisord: { refused: false, processes: supervisord.processes.map(normalised).toSorted(byPriority) },
    ours: own,
  };
}

/** Within a group supervisord keeps the order of programs=; the start order is by priority all the same. */
function byPriority(a: ProcessView, b: ProcessView): number {
  if (a.group !== b.group) return 0;
  return a.priority - b.priority || (a.name < b.name ? -1 : 1);
}

function isError({ severity }: Problem): boolean {
  return severity === "error";
}
