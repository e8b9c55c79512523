import { describe, expect, test } from "bun:test";
import {
  behaviour,
  behaviourEverywhere,
  IGNORED_BY_PYTHON,
  OUR_VARIABLES,
} from "../../oracle/differences.ts";
import type { Aspect, Observation, Start } from "./observation.ts";
import { ours } from "./ours.ts";
import { rows } from "./rows/index.ts";
import { observeBoth } from "./side.ts";
import { supervisord } from "./supervisord.ts";
import { isAlike, viewOf } from "./view.ts";

type Side = Observation & { start: Start };

function startOf({ processes }: Observation, id: string): Start {
  return processes.get(id)?.reports.find(({ event }) => event === "start") as Start;
}

const [theirs, own] = await observeBoth([supervisord, ours], rows);

/** Where supervisord runs nothing, that is all there is to compare. */
const OF_REFUSED: Aspect[] = ["refused", "names"];

describe("supervisord and we run the same configuration alike", () => {
  for (const row of rows) {
    const but = [...new Set(Object.values(row.differs))].join(", ");
    test(but === "" ? row.name : `${row.name}, but for: ${but}`, () => {
      const [expected, seen] = [viewOf(row, theirs), viewOf(row, own)];
      const aspects = row.refused ? OF_REFUSED : (Object.keys(expected) as Aspect[]);
      const apart = aspects.filter((aspect) => !isAlike(aspect, seen[aspect], expected[aspect]));
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

test("what is left out of the comparison differs", () => {
  const [their, our] = [theirs, own].map((side) => ({ ...side, start: startOf(side, "stays:stays") })) as [
    Side,
    Side,
  ];
  const of = (side: Side): Record<keyof typeof behaviourEverywhere, unknown> => ({
    "own session": side.start.ownSession,
    "file locks": side.start.limits["Max file locks"],
    "server url": side.start.env["SUPERVISOR_SERVER_URL"],
    "ignored signals": BigInt(`0x${side.start.ignored}`) & IGNORED_BY_PYTHON,
    "boot variables": Object.keys(side.start.env).filter((name) => OUR_VARIABLES.test(name)),
    "container output": side.output.includes("out both\n"),
    "Exited too quickly": side.processes.get("early-1:early-1")?.errors,
  });
  const ourView = of(our);
  const same = Object.entries(of(their)).filter(([name, value]) =>
    Bun.deepEquals(value, ourView[name as keyof typeof behaviourEverywhere]),
  );
  expect(same).toEqual([]);
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
