import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LogFile } from "../../src/logs/write/log-file.ts";
import type { LogSpec, ProgramSpec } from "../../src/programs/spec.ts";
import type { SupervisorContext } from "../../src/supervisor/context.ts";
import { OutOfMemory } from "../../src/supervisor/exit-reason.ts";
import { ProcessTree } from "../../src/supervisor/process-tree.ts";
import { startReaper } from "../../src/supervisor/reaper.ts";
import { ProgramOutput } from "../../src/supervisor/output.ts";
import { Run } from "../../src/supervisor/run.ts";
import { HANG_SECONDS } from "../../src/supervisor/stop.ts";
import type { ChildExit } from "../../src/sys/children.ts";
import { bareSupervisor, specOf } from "./spec-fixture.ts";

afterAll(startReaper());

/** A context with one real log file, and a list of what becomes of it. */
function withLog() {
  const path = join(mkdtempSync(join(tmpdir(), "run-")), "p.log");
  const file = new LogFile({ path, maxBytes: 0, backups: 0, warn() {} });
  const released: LogSpec[] = [];
  const context: SupervisorContext = {
    ...bareSupervisor,
    memory: new OutOfMemory(),
    hangSeconds: HANG_SECONDS,
    logs: { open: () => file, release: (spec) => released.push(spec) },
  };
  const stdout = { kind: "file", path, maxBytes: 0, backups: 0 } as const;
  return { context, path, released, stdout };
}

/** Starts a shell script; what its run tells, and how it ended. */
function start(script: string, more: Partial<ProgramSpec> = {}) {
  const { context, path, released, stdout } = withLog();
  const spec = specOf("p", { command: ["/bin/sh", "-c", script], stdout, ...more });
  const output = new ProgramOutput(context, spec);
  const ready: boolean[] = [];
  const { promise: exited, resolve } = Promise.withResolvers<ChildExit>();
  const tree = new ProcessTree();
  const run = new Run({
    context,
    spec,
    output,
    tree,
    owner: { readyChanged: (value) => void ready.push(value), exited: (_, exit) => resolve(exit) },
  });
  return { run, output, ready, exited, path, released, tree };
}

test("after the end no signal is sent and nothing is read from it any more", async () => {
  const { run, exited } = start("exit 0");
  await exited;
  expect([run.signal("TERM", false), run.signal("TERM", true)]).toEqual([false, false]);
  expect(await run.writeStdin(Buffer.from("x"))).toBeFalse();
});

test("readiness by a line of output comes once, and not after the end", async () => {
  const { run, ready, exited } = start("echo starting; echo up; echo up; read line", {
    ready: { kind: "log", pattern: /^up$/ },
  });
  while (ready.length === 0) await Bun.sleep(5);
  run.signal("TERM", false);
  await exited;
  expect(ready).toEqual([true]);
});

test("an observer sees all output before it explains the end, and nobody hears it afterwards", async () => {
  let seen = "";
  let tell: (() => void) | undefined;
  const { run, ready, exited } = start("echo one; echo two; exit 4", {
    observe(observed) {
      tell = () => {
        observed.ready(true);
        observed.note("late");
      };
      return {
        onOutput: (chunk) => void (seen += Buffer.from(chunk).toString()),
        explain: ({ code }) => ({ reason: `${code} after ${JSON.stringify(seen)}` }),
      };
    },
  });
  const exit = await exited;
  expect(await run.explain(exit)).toEqual({ reason: '4 after "one\\ntwo\\n"' });
  tell?.();
  expect([ready, run.note]).toEqual([[], null]);
});

test("a process that others outlive with its pipe is explained all the same", async () => {
  const { run, exited, tree } = start("(setsid sleep 1000 &); exit 1", {
    observe: () => ({ onOutput() {}, explain: () => ({ reason: "explained" }) }),
  });
  expect(await run.explain(await exited)).toEqual({ reason: "explained" });
  await tree.end("KILL", 0);
});

test("log files hold all output when the run has finished, and are given back with the program", async () => {
  const { output, exited, path, released } = start("(sleep 0.1; echo last) & echo first");
  await exited;
  await output.drained();
  expect(readFileSync(path, "utf8")).toBe("first\nlast\n");
  output.clear();
  expect(readFileSync(path, "utf8")).toBe("");
  await output.release();
  expect(released.map(({ kind }) => kind)).toEqual(["file"]);
});
