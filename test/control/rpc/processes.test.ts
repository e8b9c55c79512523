import { afterAll, afterEach, expect, test } from "bun:test";
import type { ControlContext } from "../../../src/control/context.ts";
import { call } from "../../../src/control/rpc/call.ts";
import { messageOf } from "../../../src/errors.ts";
import type { ProgramSpec } from "../../../src/programs/spec.ts";
import { startReaper } from "../../../src/supervisor/reaper.ts";
import { Supervisor } from "../../../src/supervisor/supervisor.ts";
import { bareSupervisor, specOf } from "../../supervisor/spec-fixture.ts";

afterAll(startReaper());

const supervisor = new Supervisor(bareSupervisor);
supervisor.phase = "running";
// Stopping looks at nothing else.
const context = { supervisor } as ControlContext;

afterEach(async () => {
  await supervisor.stop(supervisor.programs);
  for (const program of supervisor.programs) supervisor.remove(program);
});

function add(name: string, more: Partial<ProgramSpec>) {
  return supervisor.add(specOf(name, more));
}

/** Two programs of a group that wait for a database. */
async function waitingForDatabase() {
  let ready: (() => void) | undefined;
  const db = add("db", {
    ready: { kind: "observed" },
    observe(observed) {
      ready = () => observed.ready(true);
      return {};
    },
  });
  const apps = ["one", "two"].map((name) => add(name, { group: "apps", dependsOn: ["db"] }));
  await supervisor.start([db, ...apps]);
  expect(apps.map(({ reason }) => reason)).toEqual(Array(2).fill("waiting for db (RUNNING)"));
  return {
    apps,
    /** Resolves when everything that waits for it has been started. */
    becomesReady: async () => {
      const last = add("last", { dependsOn: ["db"] });
      await supervisor.start([db, last]);
      ready?.();
      await supervisor.until(() => last.state === "RUNNING");
    },
  };
}

test("what is stopped one by one while it waits does not start when its turn comes", async () => {
  const { apps, becomesReady } = await waitingForDatabase();
  for (const name of ["apps:one", "apps:two"]) {
    const answer = await call(context, "stopProcess", [name]).catch(messageOf);
    expect(answer).toBe(`NOT_RUNNING: ${name}`);
  }
  expect(apps.map(({ reason }) => reason)).toEqual([null, null]);
  await becomesReady();
  expect(apps.map(({ state }) => state)).toEqual(["STOPPED", "STOPPED"]);
});

test.each([
  ["stopProcess", ["apps:*"]],
  ["stopProcessGroup", ["apps"]],
  ["stopProcessGroup", ["apps", false]],
])("%s %j stops those that wait, too, and tells only of those that were up", async (method, params) => {
  const { apps, becomesReady } = await waitingForDatabase();
  expect(await call(context, method, params)).toEqual([]);
  await becomesReady();
  expect(apps.map(({ state }) => state)).toEqual(["STOPPED", "STOPPED"]);
});

test("stopAllProcesses leaves nothing that starts later", async () => {
  const { apps, becomesReady } = await waitingForDatabase();
  expect(await call(context, "stopAllProcesses", [])).toEqual([
    { name: "db", group: "db", status: 80, description: "OK" },
  ]);
  await becomesReady();
  expect(apps.map(({ state }) => state)).toEqual(["STOPPED", "STOPPED"]);
});
