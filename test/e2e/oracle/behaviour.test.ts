import { describe, expect, test } from "bun:test";
import { behaviour } from "../../oracle/differences.ts";
import type { Aspect } from "./observation.ts";
import { ours } from "./ours.ts";
import { rows } from "./rows/index.ts";
import { observe } from "./side.ts";
import { supervisord } from "./supervisord.ts";
import { viewOf } from "./view.ts";

const [theirs, own] = await Promise.all([observe(supervisord, rows), observe(ours, rows)]);

/** Where supervisord runs nothing, that is all there is to compare. */
const OF_REFUSED: Aspect[] = ["refused", "names"];

describe("supervisord and we run the same configuration alike", () => {
  for (const row of rows) {
    const but = [...new Set(Object.values(row.differs))].join(", ");
    test(but === "" ? row.name : `${row.name}, but for: ${but}`, () => {
      const [expected, seen] = [viewOf(row, theirs), viewOf(row, own)];
      const aspects = row.refused ? OF_REFUSED : (Object.keys(expected) as Aspect[]);
      const apart = aspects.filter((aspect) => !Bun.deepEquals(seen[aspect], expected[aspect]));
      const unexpected = apart.filter((aspect) => row.differs[aspect] === undefined);
      const pick = (view: Record<Aspect, unknown>) => unexpected.map((aspect) => [aspect, view[aspect]]);
      expect(pick(seen)).toEqual(pick(expected));
      expect(apart).toEqual(aspects.filter((aspect) => row.differs[aspect] !== undefined));
    });
  }
});

test("every difference on the list is shown by a row", () => {
  const shown = new Set(rows.flatMap(({ differs }) => Object.values(differs)));
  expect(Object.keys(behaviour).filter((name) => !shown.has(name as keyof typeof behaviour))).toEqual([]);
});

test("both end with 0 when they are told to stop", () => {
  expect([theirs.exitCode, own.exitCode]).toEqual([0, 0]);
});

test("every probe has reported", () => {
  const silent = [theirs, own].flatMap(({ processes }) =>
    [...processes].filter(([, { states, reports }]) => states.includes("RUNNING") && reports.length === 0),
  );
  expect(silent.map(([id]) => id).filter((id) => !/^(?:ticker|listener|sshd):/.test(id))).toEqual([]);
});
