import { expect, test } from "bun:test";
import { logFile } from "../../src/programs/spec.ts";
import { dependenciesOf, dependentsFirst } from "../../src/supervisor/dependencies.ts";
import type { Program } from "../../src/supervisor/program.ts";
import { loneProgram, specOf } from "./spec-fixture.ts";

function program(name: string, dependsOn: string[] = [], group = name): Program {
  const spec = specOf(name, { group, dependsOn, stdout: logFile(name) });
  return loneProgram(spec);
}

/** The order in which a thing that takes a turn of the event loop ends for each. */
async function order(programs: Program[]): Promise<string[]> {
  const ended: string[] = [];
  await dependentsFirst(programs, async ({ id }) => {
    await Bun.sleep(0);
    ended.push(id);
  });
  return ended;
}

test("a program comes after all that depend on it, through others and by group too", async () => {
  const [db, web, cache, worker] = [
    program("db"),
    program("web", ["db", "caches"]),
    program("cache", [], "caches"),
    program("worker", ["web"]),
  ];
  const ended = await order([db, web, cache, worker]);
  expect(ended.slice(0, 2)).toEqual(["worker", "web"]);
  expect(ended.slice(2).toSorted()).toEqual(["caches:cache", "db"]);
});

test("a cycle does not wait for itself", async () => {
  expect((await order([program("a", ["b"]), program("b", ["a"])])).toSorted()).toEqual(["a", "b"]);
});

test("nothing depends on itself by the name of its group", () => {
  const [one, two] = [program("one", ["g"], "g"), program("two", [], "g")];
  expect(dependenciesOf(one, [one, two])).toEqual([two]);
});
