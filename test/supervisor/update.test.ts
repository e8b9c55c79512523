import { afterAll, expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProgramSpec } from "../../src/programs/spec.ts";
import { Configuration } from "../../src/supervisor/configuration.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { update } from "../../src/supervisor/update.ts";
import { bareSupervisor, specOf } from "./spec-fixture.ts";

const spec = (name: string, ...command: string[]): ProgramSpec => specOf(name, { command });

/** Stops once `go` is called, so that something else can happen during an update. */
function slowly() {
  const [up, may] = ["up", "may"].map((name) => join(mkdtempSync(join(tmpdir(), "update-")), name));
  const script = (version: number) =>
    `trap "until [ -e ${may} ]; do sleep 0.05; done; exit" TERM; : ${version} >${up}; while :; do sleep 0.05; done`;
  return {
    slow: (version: number) => spec("slow", "/bin/bash", "-c", script(version)),
    /** Resolves when it would not end at once. */
    up: async () => {
      while (!(await Bun.file(up!).exists())) await Bun.sleep(5);
    },
    go: () => Bun.write(may!, ""),
  };
}

const supervisors: Supervisor[] = [];
afterAll(async () => {
  for (const supervisor of supervisors) await supervisor.stop(supervisor.programs);
});

/** Two programs that an update changes, and a third one that it adds; it waits for the first one to stop. */
async function updating() {
  const supervisor = new Supervisor(bareSupervisor);
  supervisors.push(supervisor);
  supervisor.phase = "running";
  const { slow, up, go } = slowly();
  let specs = [slow(1), spec("fast", "/bin/sleep", "1111")];
  const configuration = new Configuration(async () => ({ programs: specs, problems: [] }));
  await update(supervisor, configuration);
  await up();
  specs = [slow(2), spec("fast", "/bin/sleep", "2222"), spec("new", "/bin/sleep", "3333")];
  const updated = update(supervisor, configuration);
  const find = (name: string) => supervisor.find([name])[0]!;
  await supervisor.until(() => find("fast").state === "STOPPED");
  return { supervisor, updated, find, specs, go };
}

test("what someone else replaces meanwhile is left alone, and the old one starts no more", async () => {
  const { supervisor, updated, find, specs, go } = await updating();
  const before = find("fast");
  expect(supervisor.remove(before)).toBeTrue();
  const between = supervisor.add(specs[1]!);
  await supervisor.start([between]);
  await go();
  await updated;
  expect(find("fast")).toBe(between);
  expect(between.state).toBe("RUNNING");
  await before.start();
  expect(before.pid).toBeNull();
});

test("what someone else adds meanwhile is left alone, and the rest goes on", async () => {
  const { supervisor, updated, find, specs, go } = await updating();
  const added = supervisor.add(specs[2]!);
  await supervisor.start([added]);
  await go();
  expect((await updated).changes.map(({ name, change }) => `${name} ${change}`)).toEqual([
    "slow changed",
    "fast changed",
  ]);
  expect(find("new")).toBe(added);
  expect(supervisor.programs.map(({ state }) => state)).toEqual(["RUNNING", "RUNNING", "RUNNING"]);
});

/** An update whose reading has `slow` changed; `later` is what the configuration says by the time that has stopped. */
async function rereadDuringUpdate(later: (slow: (version: number) => ProgramSpec) => ProgramSpec[]) {
  const supervisor = new Supervisor(bareSupervisor);
  supervisors.push(supervisor);
  supervisor.phase = "running";
  const { slow, up, go } = slowly();
  let specs = [slow(1)];
  const configuration = new Configuration(async () => ({ programs: specs, problems: [] }));
  await update(supervisor, configuration);
  await up();
  specs = [slow(2)];
  const updated = update(supervisor, configuration);
  await supervisor.until(() => supervisor.find(["slow"])[0]!.state === "STOPPING");
  specs = later(slow);
  const reread = configuration.reread();
  await go();
  const { changes } = await updated;
  const after = supervisor.programs.map(({ id, state }) => `${id} ${state}`);
  await reread;
  return { changes, after, pending: configuration.groupChanges(supervisor) };
}

test("an update starts only what it has read itself; what is reread meanwhile is left to the next one", async () => {
  expect(await rereadDuringUpdate((slow) => [slow(2), spec("late", "/bin/sleep", "4444")])).toEqual({
    changes: [{ name: "slow", group: "slow", change: "changed" }],
    after: ["slow RUNNING"],
    pending: { added: ["late"], changed: [], removed: [] },
  });
});

test("an update brings back what it has changed, also when that has left the configuration meanwhile", async () => {
  expect(await rereadDuringUpdate(() => [])).toEqual({
    changes: [{ name: "slow", group: "slow", change: "changed" }],
    after: ["slow RUNNING"],
    pending: { added: [], changed: [], removed: ["slow"] },
  });
});

test("what someone has stopped stays down through any number of updates", async () => {
  const supervisor = new Supervisor(bareSupervisor);
  supervisors.push(supervisor);
  supervisor.phase = "running";
  let seconds = 1000;
  const configuration = new Configuration(async () => ({
    programs: [spec("a", "/bin/sleep", String(seconds))],
    problems: [],
  }));
  await update(supervisor, configuration);
  await supervisor.stop(supervisor.programs);
  for (let number = 0; number < 3; number++) {
    seconds++;
    expect((await update(supervisor, configuration)).changes).toHaveLength(1);
    expect(supervisor.programs.map(({ state }) => state)).toEqual(["STOPPED"]);
  }
});
