import { expect, test } from "bun:test";
import { compareStart, stopTiers } from "../../src/supervisor/order.ts";

const spec = (group: string, name: string, priority: number, groupPriority?: number) => ({
  group,
  name,
  priority,
  ...(groupPriority === undefined ? {} : { groupPriority }),
});

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
  const tiers = stopTiers(programs, (program) => program);
  expect(tiers.map((tier) => tier.map(({ name }) => name).toSorted())).toEqual([
    ["alone"],
    ["c"],
    ["a", "b"],
    ["first"],
  ]);
});
