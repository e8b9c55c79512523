import { expect, test } from "bun:test";
import { areItemsDone, describeMissing, programsOfItems } from "../../src/features/provisioned.ts";
import { earlyPrograms } from "../../src/features/early.ts";
import type { ProgramSpec } from "../../src/programs/spec.ts";
import { specOf } from "../supervisor/spec-fixture.ts";

const on = (name: string, ...dependsOn: string[]): ProgramSpec => specOf(name, { dependsOn });
const chosen = (specs: ProgramSpec[], early: ProgramSpec[] = []) =>
  programsOfItems(specs, early).map(({ name }) => name);

test("programs of items start by themselves, unless they need one that starts with the others", () => {
  const early = specOf("early");
  const specs = [
    early,
    specOf("other"),
    on("a", "provisioning:model"),
    on("b", "provisioning:x", "a", "early"),
    on("c", "provisioning:x", "other"),
    on("d", "provisioning:x", "c"),
    { ...on("e", "provisioning:x"), autostart: false },
  ];
  expect(chosen(specs, [early])).toEqual(["a", "b"]);
});

test("a program of an item is no early one, whatever the setting says", () => {
  const specs = [specOf("x"), on("a", "provisioning:model"), on("b", "a")];
  expect(earlyPrograms(specs, ["all"]).early.map(({ name }) => name)).toEqual(["x"]);
});

test("an item is done, or was", () => {
  const spec = on("a", "provisioning:x", "provisioning:y");
  const items = (x: string, y: string) => [
    { name: "x", state: x },
    { name: "y", state: y },
  ];
  expect(areItemsDone(spec, items("done", "unchanged"))).toBe(true);
  expect(areItemsDone(spec, items("done", "running"))).toBe(false);
  expect(areItemsDone(spec, [])).toBe(false);
});

test("one line says what a program starts without", () => {
  const items = [
    { name: "model", state: "failed" },
    { name: "vae", state: "done" },
  ];
  expect(
    describeMissing(on("a", "provisioning:model", "provisioning:vae", "provisioning:modell"), items),
  ).toEqual([
    'a: depends_on: item "model" of the provisioning has failed; the program starts all the same',
    'a: depends_on: expected an item of the provisioning, got "provisioning:modell" (did you mean "provisioning:model"?); the program starts without',
  ]);
});
