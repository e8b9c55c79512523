import { expect, test } from "bun:test";
import { compareStart, stopTiers } from "../../src/programs/order.ts";

const spec = (group: string, name: string, priority: number, groupPriority?: number) => ({
  group,
  name,
  priority,
  ...(groupPriority === undefined ? {} : { groupPriority }),
});

type Ordered = ReturnType<typeof spec>;

const programs = [
  spec("web", "b", 1, 500),
  spec("web", "a", 1, 500),
  spec("alone", "alone", 600),
  spec("first", "first", 2),
  spec("web", "c", 900, 500),
];

test("groups start by their own priority, their members by theirs, then by name", () => {
  expect(programs.toSorted(compareStart).map(({ name }) => name)).toEqual(["first", "a", "b", "c", "alone"]);
});

test("what starts together stops together, the last first", () => {
  const tiers = stopTiers(
    programs,
    (program) => program,
    () => [],
  );
  expect(tiers.map((tier) => tier.map(({ name }) => name).toSorted())).toEqual([
    ["alone"],
    ["c"],
    ["a", "b"],
    ["first"],
  ]);
});

test("what depends on others stops before them, even where priorities say otherwise", () => {
  const [b, a, alone, first, c] = programs as [Ordered, Ordered, Ordered, Ordered, Ordered];
  const needs = new Map([
    [first, [alone]],
    [c, [b]],
  ]);
  const tiers = stopTiers(
    [b, a, alone, first, c],
    (program) => program,
    (program) => needs.get(program) ?? [],
  );
  expect(tiers.map((tier) => tier.map(({ name }) => name).toSorted())).toEqual([
    ["first"],
    ["alone"],
    ["c"],
    ["a", "b"],
  ]);
});

test("programs that depend on each other stop all the same", () => {
  const [b, a] = programs as [Ordered, Ordered];
  const tiers = stopTiers(
    [a, b],
    (program) => program,
    (program) => (program === a ? [b] : [a]),
  );
  expect(
    tiers
      .flat()
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(["a", "b"]);
});
