import { afterAll, expect, test } from "bun:test";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { bareSupervisor, specOf } from "./spec-fixture.ts";

/** More than can be started in one turn of the event loop. */
const MANY = 200;

function many(): Supervisor {
  const supervisor = new Supervisor(bareSupervisor);
  supervisor.phase = "running";
  for (let number = 0; number < MANY; number++) supervisor.add(specOf(`p${number}`));
  return supervisor;
}

const supervisors: Supervisor[] = [];
afterAll(async () => {
  for (const supervisor of supervisors) await supervisor.stop(supervisor.programs);
});

test("while many programs are started the event loop goes on", async () => {
  const supervisor = many();
  supervisors.push(supervisor);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await supervisor.begin(supervisor.programs);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(1);
  expect(supervisor.programs.filter(({ state }) => state !== "RUNNING")).toEqual([]);
});

test("a stop that comes in between is the last word for those that were not started yet", async () => {
  const supervisor = many();
  supervisors.push(supervisor);
  const begun = supervisor.begin(supervisor.programs);
  const up = () => supervisor.programs.filter(({ pid }) => pid !== null).length;
  await supervisor.until(() => up() > 0);
  expect(up()).toBeLessThan(MANY);
  await Promise.all([begun, supervisor.stop(supervisor.programs)]);
  expect(supervisor.programs.filter(({ isDown }) => !isDown)).toEqual([]);
});

test("until() looks no further once its signal is aborted", async () => {
  const supervisor = many();
  supervisors.push(supervisor);
  const gone = new AbortController();
  let looks = 0;
  const waiting = supervisor.until(() => {
    looks++;
    return false;
  }, gone.signal);
  gone.abort();
  await waiting;
  const before = looks;
  await supervisor.start(supervisor.programs.slice(0, 1));
  expect(looks).toBe(before);
  await supervisor.until(() => false, gone.signal);
});
