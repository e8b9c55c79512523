import { expect, test } from "bun:test";
import type { ProgramSpec } from "../../src/programs/spec.ts";
import { Configuration, type Reading, sameProgram } from "../../src/supervisor/configuration.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { bareSupervisor, specOf } from "./spec-fixture.ts";

const reading = (...programs: ProgramSpec[]): Reading => ({ programs, problems: [] });

test("groupChanges() names groups that are new, gone or different, by any of their members", async () => {
  const supervisor = new Supervisor(bareSupervisor);
  for (const spec of [
    specOf("same"),
    specOf("gone"),
    specOf("a", { group: "g" }),
    specOf("b", { group: "g" }),
    specOf("shrinks", { group: "h" }),
    specOf("stays", { group: "h" }),
    specOf("tunnel", { origin: { kind: "runtime" } }),
  ])
    supervisor.add(spec);
  const configuration = new Configuration(async () =>
    reading(
      specOf("same"),
      specOf("new"),
      specOf("a", { group: "g" }),
      specOf("b", { group: "g", priority: 1 }),
      specOf("stays", { group: "h" }),
    ),
  );
  expect(configuration.groupChanges(supervisor).removed).toEqual(["gone", "g", "h", "same"].toSorted());
  await configuration.reread();
  expect(configuration.groupChanges(supervisor)).toEqual({
    added: ["new"],
    changed: ["g", "h"],
    removed: ["gone"],
  });
  expect(configuration.group("g").map(({ name }) => name)).toEqual(["a", "b"]);
});

test("sameProgram(): where a program was read, and functions that each reading makes anew, do not matter", () => {
  const at = (line: number): Partial<ProgramSpec> => ({
    origin: { kind: "file", file: "x.conf", line, section: "program:a" },
    prepare: async () => undefined,
  });
  expect(sameProgram(specOf("a", at(1)), specOf("a", at(2)))).toBeTrue();
  expect(sameProgram(specOf("a", at(1)), specOf("a"))).toBeFalse();
  expect(sameProgram(specOf("a"), specOf("a", { environment: { A: "1" } }))).toBeFalse();
  expect(sameProgram(specOf("a"), specOf("a", { fingerprint: "other file" }))).toBeFalse();
});

test("readings come one after the other, and one that fails keeps no other", async () => {
  let under = 0;
  let most = 0;
  let count = 0;
  const configuration = new Configuration(async () => {
    most = Math.max(most, ++under);
    await Bun.sleep(5);
    under--;
    if (++count === 2) throw new Error("cannot be read");
    return reading(specOf(`p${count}`));
  });
  const results = await Promise.allSettled([
    configuration.reread(),
    configuration.reread(),
    configuration.follow(({ programs }) => programs.map(({ name }) => name)),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(results[2]).toMatchObject({ value: ["p3"] });
  expect(most).toBe(1);
  expect(configuration.specs.map(({ name }) => name)).toEqual(["p3"]);
});
