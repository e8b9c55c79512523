import { expect, test } from "bun:test";
import { measurePrograms, metricFacts } from "../../src/control/metric-facts.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { bareSupervisor, specOf } from "../supervisor/spec-fixture.ts";

test("a process that does not answer costs the others nothing; what fails is left out", async () => {
  const supervisor = new Supervisor(bareSupervisor);
  const measured = (name: string, measure: () => Promise<Record<string, number>>) =>
    supervisor.add(specOf(name, { observe: () => ({ measure }) }));
  measured("quick", async () => ({ pending: 3 }));
  measured("hung", () => new Promise(() => {}));
  measured("failing", () => Promise.reject(new Error("no")));
  supervisor.add(specOf("plain"));
  expect(await measurePrograms(supervisor.programs)).toEqual({});
  await supervisor.begin(supervisor.programs);
  // What waited for the hung one would wait for ever.
  expect(await measurePrograms(supervisor.programs, 100)).toEqual({ quick: { pending: 3 } });
  await supervisor.stop(supervisor.programs);
  expect(await measurePrograms(supervisor.programs)).toEqual({});
});

test("facts of a program: its output by stream, and its process", async () => {
  const supervisor = new Supervisor(bareSupervisor);
  const program = supervisor.add(
    specOf("app", {
      command: ["sh", "-c", "echo out; echo wrong >&2; exec sleep 1000"],
      stderr: { kind: "none" },
      facts: { remote: "far" },
    }),
  );
  await supervisor.begin([program]);
  const facts = () =>
    metricFacts({
      supervisor,
      version: "1.2.3",
      environment: () => ({ env: { WORKSPACE: "/space" } }),
      idle: { state: () => null },
    });
  while (facts().programs[0]?.output.some(({ writtenBytes }) => writtenBytes === 0)) await Bun.sleep(5);
  const now = facts();
  expect(now).toMatchObject({
    version: "1.2.3",
    phase: "booting",
    bootSeconds: null,
    workspace: "/space/",
    idle: null,
  });
  expect(now.programs).toMatchObject([
    {
      id: "app",
      state: "RUNNING",
      pid: program.pid,
      facts: { remote: "far" },
      output: [
        { stream: "stdout", writtenBytes: 4, skippedBytes: 0, droppedBytes: 0 },
        { stream: "stderr", writtenBytes: 6, skippedBytes: 0, droppedBytes: 0 },
      ],
    },
  ]);
  expect(Math.abs((now.programs[0]?.startTime ?? 0) * 1000 - Date.now())).toBeLessThan(60_000);
  supervisor.phase = "running";
  expect(facts().bootSeconds).toBeGreaterThan(0);
  await supervisor.stop([program]);
  expect(facts().programs[0]).toMatchObject({ state: "STOPPED", pid: null, startTime: null });
});
