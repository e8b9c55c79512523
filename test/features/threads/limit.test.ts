import { describe, expect, test } from "bun:test";
import { checkThreads } from "../../../src/features/threads/check.ts";
import { fittingThreads, poolVariables } from "../../../src/features/threads/limit.ts";
import { limitThreads } from "../../../src/features/threads/step.ts";
import { bootContext } from "../context-fixture.ts";

const machine = (quota: number | undefined, allowed = 96) => ({ seen: 96, allowed, quota });

const all = (threads: string) => ({
  OMP_NUM_THREADS: threads,
  MKL_NUM_THREADS: threads,
  OPENBLAS_NUM_THREADS: threads,
  NUMEXPR_NUM_THREADS: threads,
  RAYON_NUM_THREADS: threads,
  TOKIO_WORKER_THREADS: threads,
});

describe("the number of threads", () => {
  test.each([
    ["no limit", machine(undefined), undefined],
    ["less than one core", machine(0.5), 1],
    ["rounded down", machine(7.65), 7],
    ["a whole number", machine(3), 3],
    ["as many as there are", machine(96), undefined],
    ["more than there are", machine(400), undefined],
    ["hardly less than there are", machine(95.5), 95],
    ["by affinity", machine(undefined, 6), 6],
    ["affinity below the quota", machine(7.5, 6), 6],
    ["quota below the affinity", machine(2.5, 6), 2],
  ])("%s", (_, cpus, expected) => {
    expect(fittingThreads(cpus)).toBe(expected);
  });
});

describe("variables", () => {
  test("nothing that is set is changed, whatever it says", () => {
    expect(poolVariables(7, { RAYON_NUM_THREADS: "64", TOKIO_WORKER_THREADS: "0" })).toEqual({
      OMP_NUM_THREADS: "7",
      MKL_NUM_THREADS: "7",
      OPENBLAS_NUM_THREADS: "7",
      NUMEXPR_NUM_THREADS: "7",
    });
  });

  test("a number for OpenMP holds for the libraries that follow it", () => {
    expect(poolVariables(7, { OMP_NUM_THREADS: "4" })).toEqual({
      RAYON_NUM_THREADS: "7",
      TOKIO_WORKER_THREADS: "7",
    });
    expect(poolVariables(7, { GOTO_NUM_THREADS: "4" })).not.toHaveProperty("OPENBLAS_NUM_THREADS");
  });

  test("an empty one is none, as Compose passes what was left blank", () => {
    expect(poolVariables(2, { OMP_NUM_THREADS: "", MKL_NUM_THREADS: " " })).toEqual(all("2"));
  });

  test("NumExpr gets no more than it takes", () => {
    expect(poolVariables(90, {})["NUMEXPR_NUM_THREADS"]).toBe("64");
    expect(poolVariables(90, { NUMEXPR_MAX_THREADS: "16" })["NUMEXPR_NUM_THREADS"]).toBe("16");
    expect(poolVariables(90, { NUMEXPR_MAX_THREADS: "128" })["NUMEXPR_NUM_THREADS"]).toBe("90");
  });
});

describe("the step of the boot", () => {
  test("says in one line what it has set, and why", () => {
    const context = bootContext({}, { RAYON_NUM_THREADS: "3" });
    const { RAYON_NUM_THREADS: _, ...others } = all("7");
    expect(limitThreads(context, machine(7.65))).toEqual({
      message: "fewer cores than programs see; thread pools fit",
      fields: { threads: 7, seen: 96, quota: 7.65, set: Object.keys(others).join(",") },
    });
    expect(context.env).toMatchObject({ ...others, RAYON_NUM_THREADS: "3" });
  });

  test.each([
    ["no limit", {}, machine(undefined), {}],
    ["switched off", { AI_DOCK_THREADS: "OFF" }, machine(1), {}],
    ["processors unknown", {}, undefined, {}],
    ["all are set", {}, machine(1), all("9")],
  ])("says and changes nothing: %s", (_, settings, cpus, env) => {
    const context = bootContext(settings, env);
    const before = { ...context.env };
    expect(limitThreads(context, cpus)).toBeUndefined();
    expect(context.env).toEqual(before);
  });

  test("AI_DOCK_THREADS is the number, whatever the quota", () => {
    for (const cpus of [machine(undefined), machine(1), undefined]) {
      const context = bootContext({ AI_DOCK_THREADS: "12" });
      expect(limitThreads(context, cpus)?.fields).toMatchObject({ threads: 12 });
      expect(context.env).toMatchObject(all("12"));
    }
  });
});

describe("doctor", () => {
  test.each([
    [machine(undefined), {}, "ok", "96 cores"],
    [machine(7.65), all("7"), "ok", "7.65 of the 96 cores that programs see, by quota; thread pools fit"],
    [
      machine(undefined, 4),
      { ...all("4"), OMP_NUM_THREADS: "64" },
      "warning",
      "4 of the 96 cores that programs see, by affinity; more threads than that: OMP_NUM_THREADS=64",
    ],
    [
      machine(2),
      {},
      "warning",
      "2 of the 96 cores that programs see, by quota; thread pools will be as large as the machine",
    ],
  ] as const)("%o", (cpus, env, status, message) => {
    expect(checkThreads(env, cpus)).toEqual([expect.objectContaining({ name: "cpu", status, message })]);
  });
});
