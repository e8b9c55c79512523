import { afterAll, afterEach, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadPrograms } from "../../src/dropins/load.ts";
import { Configuration } from "../../src/supervisor/configuration.ts";
import { startReaper } from "../../src/supervisor/reaper.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { update } from "../../src/supervisor/update.ts";
import { folderOf } from "../dropins/load-fixture.ts";
import { bareSupervisor } from "./spec-fixture.ts";

afterAll(startReaper());

const supervisor = new Supervisor(bareSupervisor);
supervisor.phase = "running";
afterEach(async () => {
  await supervisor.stop(supervisor.programs);
  for (const program of supervisor.programs) supervisor.remove(program);
});

const sleeper = (name: string, more = "") =>
  `[program:${name}]\ncommand=/bin/sleep 1000\nstartsecs=0\n${more}\n`;

/** A configuration of drop-ins by name. */
function configurationIn(path: string) {
  return new Configuration(async () => loadPrograms({ patterns: [`${path}/*.conf`], env: {} }));
}

/** Names of changed programs, each with what happened to it. */
async function follow(configuration: Configuration): Promise<string[]> {
  const { changes } = await update(supervisor, configuration);
  await supervisor.until(() => supervisor.programs.every(({ state }) => state === "RUNNING"));
  return changes.map(({ name, change }) => `${name} ${change}`);
}

test.each([
  ["a wrong value", sleeper("web", "priority=soon")],
  ["junk", sleeper("web", "junk")],
  ["a broken header", "[program:web\ncommand=/bin/sleep 1000\n"],
])("%s in the section of a running program leaves it running as it is", async (_, broken) => {
  using folder = folderOf({ "a.conf": sleeper("web"), "b.conf": sleeper("other") });
  const configuration = configurationIn(folder.path);
  expect(await follow(configuration)).toEqual(["other added", "web added"]);
  const [web] = supervisor.find(["web"]);
  const { pid } = web!;
  writeFileSync(join(folder.path, "a.conf"), broken);
  writeFileSync(join(folder.path, "b.conf"), sleeper("new"));
  expect(await follow(configuration)).toEqual(["other removed", "new added"]);
  expect(web).toMatchObject({ state: "RUNNING", pid });
  expect(configuration.groupChanges(supervisor)).toEqual({ added: [], changed: [], removed: [] });

  writeFileSync(join(folder.path, "a.conf"), sleeper("web", "priority=1"));
  expect(await follow(configuration)).toEqual(["web changed"]);
});

test("a program that is gone is stopped, also where another section of its file has a mistake", async () => {
  using folder = folderOf({ "a.conf": sleeper("web") + sleeper("other") });
  const configuration = configurationIn(folder.path);
  await follow(configuration);
  writeFileSync(join(folder.path, "a.conf"), sleeper("web", "priority=soon") + sleeper("new"));
  expect(await follow(configuration)).toEqual(["other removed", "new added"]);
});

test("a program that is gone is stopped, whatever is wrong with others", async () => {
  using folder = folderOf({ "a.conf": sleeper("web"), "b.conf": sleeper("other") });
  const configuration = configurationIn(folder.path);
  await follow(configuration);
  writeFileSync(join(folder.path, "a.conf"), sleeper("broken", "priority=soon"));
  rmSync(join(folder.path, "b.conf"));
  expect(await follow(configuration)).toEqual(["other removed", "web removed"]);
});
