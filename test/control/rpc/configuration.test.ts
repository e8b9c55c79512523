import { afterAll, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import type { ControlContext } from "../../../src/control/context.ts";
import { call } from "../../../src/control/rpc/call.ts";
import { Fault, RpcFault } from "../../../src/control/rpc/method.ts";
import { loadPrograms } from "../../../src/dropins/load.ts";
import { problemOf } from "../../../src/programs/problem.ts";
import { Configuration } from "../../../src/supervisor/configuration.ts";
import { startReaper } from "../../../src/supervisor/reaper.ts";
import { Supervisor } from "../../../src/supervisor/supervisor.ts";
import { folderOf } from "../../dropins/load-fixture.ts";
import { bareSupervisor } from "../../supervisor/spec-fixture.ts";

afterAll(startReaper());

const folder = folderOf({});
afterAll(() => folder[Symbol.dispose]());
const file = join(folder.path, "x.conf");

const supervisor = new Supervisor(bareSupervisor);
const configuration = new Configuration(async () => loadPrograms({ files: [file], env: {} }));
const context = { supervisor, configuration, environment: () => ({ env: {}, sources: {} }) };

const sleeper = (name: string) =>
  `[program:${name}]\ncommand=/bin/sleep 1000\nstartsecs=0\nautostart=false\n`;
const broken = "[program:broken]\ncommand=/bin/true\nstartsecs=soon\n";
const brokenText = (line: number) =>
  `line ${line}: startsecs: expected a whole number, got "soon"; program "broken" is left out, in section 'program:broken' (file: '${file}')`;

beforeEach(() => {
  supervisor.phase = "running";
});

/** The answer of a method, or the code and text of its fault. */
async function ask(method: string, ...params: unknown[]) {
  try {
    return await call(context as unknown as ControlContext, method, params);
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error;
    return { code: error.code, text: error.message };
  }
}

test("reloadConfig tells what is new; a mistake is CANT_REREAD, and the sound rest is taken all the same", async () => {
  writeFileSync(file, sleeper("one"));
  expect(await ask("reloadConfig")).toEqual([[["one"], [], []]]);
  writeFileSync(file, sleeper("one") + broken + sleeper("two"));
  expect(await ask("reloadConfig")).toEqual({
    code: 92,
    text: `CANT_REREAD: ${brokenText(7)}`,
  });
  expect(await ask("aidock.getConfigChanges")).toEqual([[["one", "two"], [], []]]);
  expect(await ask("addProcessGroup", "two")).toBe(true);
  expect(await ask("addProcessGroup", "broken")).toEqual({ code: Fault.BAD_NAME, text: "BAD_NAME: broken" });
});

test("every mistake is told, a line each; what costs nothing is none", async () => {
  writeFileSync(file, `${broken}[group:g]\nprograms=nope\n[eventlistener:e]\ncommand=x\n`);
  expect(await ask("reloadConfig")).toEqual({
    code: 92,
    text: [
      `CANT_REREAD: line 5: programs: expected names of programs, got "nope"; it is left out of the group, in section 'group:g' (file: '${file}')`,
      brokenText(3),
    ].join("\n"),
  });
  writeFileSync(file, "[eventlistener:e]\ncommand=x\n");
  expect(await ask("reloadConfig")).toEqual([[[], [], ["two"]]]);
});

test("an error that no drop-in is to blame for does not keep clients of supervisord from rereading", async () => {
  const problems = [problemOf({ severity: "error", text: 'Remote "a/b": expected a name' })];
  const other = new Configuration(async () => ({ programs: [], problems }));
  const asked = call({ supervisor, configuration: other } as unknown as ControlContext, "reloadConfig", []);
  expect(await asked).toEqual([[[], [], ["two"]]]);
});

test("startProcess is refused while the container stops; while it boots, what is there starts", async () => {
  supervisor.phase = "stopping";
  expect(await ask("startProcess", "two")).toMatchObject({ code: Fault.SHUTDOWN_STATE });
  supervisor.phase = "booting";
  expect(await ask("startProcess", "two")).toBe(true);
});

test.each(["reloadConfig", "addProcessGroup", "restart"])(
  "%s is refused while the container stops or boots",
  async (method) => {
    const params = method === "addProcessGroup" ? ["two"] : [];
    supervisor.phase = "stopping";
    expect(await ask(method, ...params)).toMatchObject({ code: Fault.SHUTDOWN_STATE });
    supervisor.phase = "booting";
    expect(await ask(method, ...params)).toEqual({
      code: Fault.NOT_STARTED,
      text: "The container is still booting; programs start when provisioning has ended",
    });
  },
);
