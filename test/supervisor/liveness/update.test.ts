import { afterAll, expect, test } from "bun:test";
import type { AliveSpec, ProgramSpec } from "../../../src/programs/spec.ts";
import { Configuration } from "../../../src/supervisor/configuration.ts";
import { startReaper } from "../../../src/supervisor/reaper.ts";
import { update } from "../../../src/supervisor/update.ts";
import { specOf } from "../spec-fixture.ts";
import { aliveBy, exec, shell, supervised } from "./supervised-fixture.ts";

afterAll(startReaper());

const command = shell("while :; do echo tick; sleep 0.05; done");
const spec = (alive?: AliveSpec): ProgramSpec =>
  specOf("p", { command, stopwaitsecs: 5, ...(alive && { alive }) });

test("an update gives a program another check without a restart, and takes it away", async () => {
  let specs = [spec()];
  const configuration = new Configuration(async () => ({ programs: specs, problems: [] }));
  await using the = await supervised({ command });
  const { program, supervisor } = the;
  const { pid } = program;
  const takes = async (alive?: AliveSpec) => {
    specs = [spec(alive)];
    return (await update(supervisor, configuration)).changes.map(({ name, change }) => `${name} ${change}`);
  };
  expect(await takes()).toEqual([]);
  expect(program.facts).toEqual({});
  expect(await takes(aliveBy({ kind: "log", pattern: /^tick$/ }, { failures: 1000 }))).toEqual(["p changed"]);
  await the.until(({ facts }) => (facts["successful_checks"] as number) >= 2);
  expect(await takes(aliveBy(exec("exit 1"), { failures: 1000 }))).toEqual(["p changed"]);
  await the.until(({ facts }) => (facts["failed_checks"] as number) > 2);
  expect(program.note).toMatch(/^check failed \d+ of 1000 times: exit code 1$/);
  expect(await takes(aliveBy(exec("exit 1"), { failures: 1000 }))).toEqual([]);
  expect(await takes()).toEqual(["p changed"]);
  expect([program.note, program.pid, program.restarts]).toEqual([null, pid, 0]);
  expect(program.facts).not.toHaveProperty("hangs");
  // The next check counts for the process that runs, too.
  await takes(aliveBy(exec("exit 1"), { failures: 1 }));
  await the.until(({ restarts }) => restarts === 1);
});
