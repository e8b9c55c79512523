import { expect, test } from "bun:test";
import { Environment } from "../../src/env/environment.ts";
import { EarlyPrograms } from "../../src/init/early.ts";
import { problemOf } from "../../src/programs/problem.ts";
import type { ProgramSpec } from "../../src/programs/spec.ts";
import type { Reading } from "../../src/supervisor/configuration.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { bareSupervisor, specOf } from "../supervisor/spec-fixture.ts";

const file = (name: string, more: Partial<ProgramSpec> = {}) =>
  specOf(name, {
    origin: { kind: "file", file: `/${name}.conf`, line: 1, section: `program:${name}` },
    ...more,
  });

/** A boot with something to provision; `read` is what the drop-ins say in an environment, and may be replaced later. */
function booting(read: (env: Record<string, string>) => ProgramSpec[], early = "a") {
  const env: Record<string, string> = {
    PATH: "/usr/bin:/bin",
    AI_DOCK_EARLY: early,
    PROVISIONING_SCRIPT: "/x",
  };
  const environment = new Environment({ env, sources: {}, problems: [] });
  const supervisor = new Supervisor({ ...bareSupervisor, env });
  const expected: string[] = [];
  const state = { read, problems: [] as Reading["problems"] };
  const programs = new EarlyPrograms({
    supervisor,
    environment,
    read: async (given) => ({ programs: state.read(given), problems: state.problems }),
    expect: (specs) => expected.push(...specs.map(({ name }) => name)),
    signal: new AbortController().signal,
  });
  return {
    supervisor,
    programs,
    env,
    state,
    expected,
    async join() {
      const started = await programs.join({ programs: state.read(env), problems: state.problems });
      supervisor.phase = "running";
      await supervisor.autostart(started);
    },
    pid: (name: string) => supervisor.get(name)?.pid ?? null,
    async [Symbol.asyncDispose]() {
      await supervisor.stop(supervisor.programs);
    },
  };
}

test("only the named ones are up before the scripts; the others come with the end of the boot", async () => {
  await using boot = booting(() => [file("a"), file("b"), file("c", { early: true })]);
  await boot.programs.start();
  expect(boot.supervisor.programs.map(({ id }) => id)).toEqual(["a", "c"]);
  expect([boot.pid("a"), boot.pid("c")]).not.toContain(null);
  expect(boot.expected).toEqual(["a", "b", "c"]);
  const before = boot.pid("a");
  await boot.join();
  expect(boot.pid("b")).not.toBeNull();
  expect(boot.pid("a")).toBe(before);
});

test("what scripts export is no reason to restart an early program, and counts from its next start on", async () => {
  await using boot = booting((env) => [file("a", { environment: { SHOWN: env["FROM_HOOK"] ?? "none" } })]);
  await boot.programs.start();
  const before = boot.pid("a");
  boot.env["FROM_HOOK"] = "x";
  await boot.join();
  const program = boot.supervisor.get("a");
  expect(boot.pid("a")).toBe(before);
  expect(program?.spec.environment).toEqual({ SHOWN: "none" });
  expect(program?.definition.environment).toEqual({ SHOWN: "x" });
  await boot.supervisor.restart(boot.supervisor.programs);
  expect(boot.supervisor.get("a")?.spec.environment).toEqual({ SHOWN: "x" });
  // Empty until the program has replaced the fork of this process.
  const environment = () => Bun.file(`/proc/${boot.pid("a")}/environ`).text();
  while ((await environment()) === "") await Bun.sleep(5);
  expect(await environment()).toContain("SHOWN=x\0");
});

test("a definition that a script has changed counts at once, whatever it has exported besides", async () => {
  await using boot = booting(() => [file("a")]);
  await boot.programs.start();
  const before = boot.pid("a");
  boot.state.read = (env) => [file("a", { environment: { V: env["FROM_HOOK"] ?? "" }, priority: 5 })];
  boot.env["FROM_HOOK"] = "x";
  await boot.join();
  expect(boot.pid("a")).not.toBe(before);
  expect(boot.supervisor.get("a")?.spec.priority).toBe(5);
});

test("an early program that a script has removed is stopped; one with a mistake goes on", async () => {
  await using boot = booting(() => [file("a"), file("b")], "a,b");
  await boot.programs.start();
  const before = boot.pid("b");
  boot.state.read = () => [];
  boot.state.problems = [
    problemOf({ severity: "error", file: "/b.conf", line: 2, section: "program:b", text: "wrong" }),
  ];
  await boot.join();
  expect(boot.supervisor.programs.map(({ id }) => id)).toEqual(["b"]);
  expect(boot.pid("b")).toBe(before);
});

test("an early program that AI_DOCK_DISABLE of a script names is stopped", async () => {
  await using boot = booting((env) => [
    file("a", env["AI_DOCK_DISABLE"] === undefined ? {} : { skipped: "off" }),
  ]);
  await boot.programs.start();
  boot.env["AI_DOCK_DISABLE"] = "a";
  await boot.join();
  expect(boot.supervisor.get("a")).toMatchObject({ pid: null, reason: "off" });
});

test("one that has done its work, or was stopped by request, is not started again; a refused one is", async () => {
  let missing: string | undefined = "no key";
  await using boot = booting(
    () => [
      file("done", { command: ["/bin/true"], autorestart: "unexpected" }),
      file("halted"),
      file("refused", { prepare: async () => missing }),
    ],
    "all",
  );
  await boot.programs.start();
  await boot.supervisor.until(() => boot.supervisor.get("done")?.state === "EXITED");
  await boot.supervisor.stop(boot.supervisor.find(["halted"]));
  expect(boot.pid("refused")).toBeNull();
  const { started } = boot.supervisor.get("done")!.times;
  missing = undefined;
  await boot.join();
  expect(boot.supervisor.get("done")?.times.started).toBe(started);
  expect(boot.pid("halted")).toBeNull();
  expect(boot.pid("refused")).not.toBeNull();
});

test("an update after the boot does not restart what was started early", async () => {
  await using boot = booting((env) => [file("a", { environment: { SHOWN: env["FROM_HOOK"] ?? "none" } })]);
  const { update } = await import("../../src/supervisor/update.ts");
  const { Configuration } = await import("../../src/supervisor/configuration.ts");
  const configuration = new Configuration(async () => ({
    programs: boot.state.read(boot.env),
    problems: [],
  }));
  await boot.programs.start();
  boot.env["FROM_HOOK"] = "x";
  await boot.join();
  const before = boot.pid("a");
  expect(configuration.groupChanges(boot.supervisor).changed).toEqual([]);
  expect((await update(boot.supervisor, configuration)).changes).toEqual([]);
  expect(boot.pid("a")).toBe(before);
});

test("a program that can take the environment while it runs gets a signal, where scripts have exported something", async () => {
  const asked: string[] = [];
  const refresh = async () => {
    asked.push("asked");
    return "USR1";
  };
  const specs = () => [file("a", { refresh, exitcodes: [], autorestart: false })];
  await using silent = booting(specs);
  await silent.programs.start();
  await silent.join();
  await silent.programs.refresh();
  expect(asked).toEqual([]);
  await using boot = booting(specs);
  await boot.programs.start();
  boot.env["FROM_HOOK"] = "x";
  await boot.join();
  await boot.programs.refresh();
  await boot.supervisor.until(() => boot.supervisor.get("a")?.exit?.signal !== undefined);
  expect(boot.supervisor.get("a")?.exit?.signal).toBe("USR1");
});

test("without hooks and provisioning nobody is early", async () => {
  await using boot = booting(() => [file("a")]);
  delete boot.env["PROVISIONING_SCRIPT"];
  await boot.programs.start();
  expect(boot.supervisor.programs).toEqual([]);
});
