import { expect, test } from "bun:test";
import { health } from "../../src/supervisor/status.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { bareSupervisor, specOf } from "./spec-fixture.ts";

/** Ends with code 1 at once, and is not started again. */
const failing = specOf("failing", { command: ["/bin/false"], startsecs: 1, startretries: 0 });

async function booted(...specs: (typeof failing)[]): Promise<Supervisor> {
  const supervisor = new Supervisor(bareSupervisor);
  for (const spec of specs) supervisor.add(spec);
  supervisor.phase = "running";
  await supervisor.autostart();
  return supervisor;
}

test("not started while it boots, nor by programs of which one has never been up", async () => {
  const supervisor = await booted(specOf("fine"), failing);
  await supervisor.until(() => supervisor.find(["failing"])[0]!.state === "FATAL");
  expect(health(supervisor)).toMatchObject({ healthy: false, started: false });
  supervisor.phase = "booting";
  supervisor.remove(supervisor.find(["failing"])[0]!);
  expect(health(supervisor)).toMatchObject({ healthy: false, started: false, problems: [] });
  await supervisor.stop(supervisor.programs);
});

test("once healthy it counts as started, whatever happens to programs later", async () => {
  const supervisor = await booted(specOf("fine"));
  expect(health(supervisor)).toMatchObject({ healthy: true, started: true });
  await supervisor.start([supervisor.add(failing)]);
  await supervisor.until(() => supervisor.find(["failing"])[0]!.state === "FATAL");
  expect(health(supervisor)).toMatchObject({ healthy: false, started: true });
  expect(health(supervisor).problems).toEqual([expect.stringMatching(/^failing: FATAL/)]);
  supervisor.phase = "stopping";
  expect(health(supervisor)).toMatchObject({ healthy: false, started: true });
  await supervisor.stop(supervisor.programs);
});

test("a notice makes it unhealthy where it is meant to, and only as long as it lasts", async () => {
  const supervisor = await booted(specOf("fine"));
  expect(health(supervisor)).toMatchObject({ healthy: true, started: true });
  supervisor.notices.set("gpu", { severity: "error", message: "GPU lost" });
  expect(health(supervisor)).toMatchObject({ healthy: true, started: true, problems: [] });
  supervisor.notices.set("gpu", { severity: "error", message: "GPU lost", isUnhealthy: true });
  expect(health(supervisor)).toMatchObject({ healthy: false, started: false, problems: ["GPU lost"] });
  supervisor.notices.delete("gpu");
  expect(health(supervisor)).toMatchObject({ healthy: true, started: true, problems: [] });
  await supervisor.stop(supervisor.programs);
});
