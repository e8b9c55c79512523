import { expect, test } from "bun:test";
import { findCycles } from "../../src/programs/cycles.ts";

/** Programs by their dependencies; `g:a` is program a of group g. */
function programs(table: Record<string, string[]>) {
  return Object.entries(table).map(([id, dependsOn]) => {
    const [group = "", name = group] = id.split(":");
    return { name, group, aliases: [`alias-${name}`], dependsOn };
  });
}

const names = (table: Record<string, string[]>) =>
  findCycles(programs(table)).map((cycle) => cycle.map(({ name }) => name));

test.each<[string, Record<string, string[]>, string[][]]>([
  ["nothing", {}, []],
  ["a chain", { a: ["b"], b: ["c"], c: [] }, []],
  ["a diamond", { a: ["b", "c"], b: ["d"], c: ["d"], d: [] }, []],
  ["unknown names", { a: ["nope"] }, []],
  ["itself", { a: ["a"] }, [["a"]]],
  ["two", { a: ["b"], b: ["a"], c: ["a"] }, [["a", "b"]]],
  ["three, in order", { x: ["c"], c: ["a"], a: ["b"], b: ["c"] }, [["c", "a", "b"]]],
  [
    "two cycles",
    { a: ["b"], b: ["a"], c: ["d"], d: ["c", "a"] },
    [
      ["a", "b"],
      ["c", "d"],
    ],
  ],
  ["by alias", { a: ["alias-b"], b: ["alias-a"] }, [["a", "b"]]],
  ["by group", { "g:a": ["b"], "g:c": [], b: ["g"] }, [["a", "b"]]],
  ["by all of a group", { "g:a": ["b"], b: ["g:*"] }, [["a", "b"]]],
  ["by id", { "g:a": ["h:a"], "h:a": ["g:a"] }, [["a", "a"]]],
  ["the rest of its own group", { "g:a": ["g"], "g:b": [] }, []],
])("cycles of %s", (_, table, expected) => {
  expect(names(table)).toEqual(expected);
});

test("a chain of 10,000 programs is no problem", () => {
  const table = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, index) => [`p${index}`, [`p${index + 1}`]]),
  );
  expect(names(table)).toEqual([]);
});
