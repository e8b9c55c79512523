import { afterAll, afterEach, expect, test } from "bun:test";
import { act } from "../../src/control/actions.ts";
import type { ActionRequest } from "../../src/control/requests.ts";
import type { ProgramSpec } from "../../src/programs/spec.ts";
import { startReaper } from "../../src/supervisor/reaper.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { bareSupervisor, specOf } from "../supervisor/spec-fixture.ts";

afterAll(startReaper());

const supervisor = new Supervisor(bareSupervisor);

afterEach(async () => {
  await supervisor.stop(supervisor.programs);
  for (const program of supervisor.programs) supervisor.remove(program);
});

function add(name: string, more: Partial<ProgramSpec> = {}) {
  supervisor.phase = "running";
  return supervisor.add(specOf(name, more));
}

/** What each program's line says, with a mark for success. */
async function lines(action: ActionRequest["action"], names: string[], signal?: string) {
  const { results } = await act(supervisor, { action, names, ...(signal === undefined ? {} : { signal }) });
  return results.map(({ name, ok, message }) => `${name} ${ok ? "+" : "-"} ${message}`);
}

test("start tells what came up, what was up, and why something did not come up", async () => {
  add("fine");
  add("gone", { command: ["/no/such/command"], startretries: 0 });
  add("waits", { dependsOn: ["gone"] });
  add("unable", { prepare: async () => "no such device here" });
  add("done", { command: ["/bin/true"], startsecs: 1, autorestart: false });
  expect(await lines("start", ["all"])).toEqual([
    "done + started",
    "fine + started",
    "gone - can't find command '/no/such/command'",
    "unable - no such device here",
    "waits - waiting for gone (FATAL)",
  ]);
  expect(await lines("start", ["fine"])).toEqual(["fine + already started"]);
});

test("stop tells what was down already", async () => {
  add("up");
  add("down");
  await lines("start", ["up"]);
  expect(await lines("stop", ["all"])).toEqual(["down + not running", "up + stopped"]);
});

test("restart starts what was down, and gives a new process to what was up", async () => {
  const up = add("up");
  add("down");
  await lines("start", ["up"]);
  const { pid } = up;
  expect(await lines("restart", ["all"])).toEqual(["down + restarted", "up + restarted"]);
  expect(up.pid).not.toBe(pid);
});

test("signal reaches what runs; another name than a signal's is refused", async () => {
  add("up");
  add("down");
  await lines("start", ["up"]);
  expect(await lines("signal", ["all"], "CONT")).toEqual(["down - not running", "up + signalled"]);
  expect(await lines("signal", ["up"], "NOPE").catch((error: unknown) => error)).toMatchObject({
    code: "E_BAD_SIGNAL",
    message: 'Signal: expected a name such as HUP or a number, got "NOPE"',
  });
});

test("while the container stops, only stop is obeyed", async () => {
  add("one");
  supervisor.phase = "stopping";
  for (const action of ["start", "restart", "signal"] as const)
    expect(await lines(action, ["one"], "HUP").catch((error: unknown) => error)).toMatchObject({
      code: "E_STOPPING",
    });
  expect(await lines("stop", ["one"])).toEqual(["one + not running"]);
});

test("while the container boots, programs that are there can be started; others come later", async () => {
  add("early");
  supervisor.phase = "booting";
  expect(await lines("start", ["early"])).toEqual(["early + started"]);
  expect(await lines("restart", ["early"])).toEqual(["early + restarted"]);
  expect(await lines("stop", ["early"])).toEqual(["early + stopped"]);
  for (const action of ["start", "restart", "signal"] as const)
    expect(await lines(action, ["late"], "HUP").catch((error: unknown) => error)).toMatchObject({
      code: "E_BOOTING",
    });
});
