import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProgramSpec } from "../../src/programs/spec.ts";
import type { State } from "../../src/supervisor/machine.ts";
import type { Program } from "../../src/supervisor/program.ts";
import { startReaper } from "../../src/supervisor/reaper.ts";
import { readProcess } from "../../src/sys/proc.ts";
import { loneProgram, specOf } from "./spec-fixture.ts";
import { trace } from "./tracer-fixture.ts";

afterAll(startReaper());

const folder = mkdtempSync(join(tmpdir(), "stop-"));
let files = 0;

/** A shell script that says in a file when it has set its traps, and the states that its program enters. */
async function running(script: string, more: Partial<ProgramSpec> = {}) {
  const up = join(folder, `up-${files++}`);
  const states: State[] = [];
  const onChange = (changed: Program) => states.push(changed.innerState);
  const command = ["/bin/bash", "-c", script.replace("UP", `echo $! >${up}.new; mv ${up}.new ${up}`)];
  const program = loneProgram(specOf("p", { command, ...more }), { onChange });
  await program.start();
  while (!(await Bun.file(up).exists())) await Bun.sleep(5);
  states.length = 0;
  return { program, states, background: Number(await Bun.file(up).text()) };
}

const DEAF = "trap '' TERM; UP; while :; do sleep 0.02; done";
const isGone = (pid: number) => [undefined, "Z"].includes(readProcess(pid)?.state);

describe("phases of a stop", () => {
  test("what obeys is told once, and every caller gets the same end", async () => {
    const { program, states } = await running("UP; exec sleep 1000");
    await Promise.all([program.stop(), program.stop(), program.stop()]);
    expect(states).toEqual(["FINISHING", "TERMINATING", "CLEARING", "STOPPED"]);
  });

  test("what does not obey is killed after its time", async () => {
    const { program, states } = await running(DEAF, { stopwaitsecs: 0.05 });
    await program.stop();
    expect(states).toEqual(["FINISHING", "TERMINATING", "KILLING", "CLEARING", "STOPPED"]);
    expect(program.exit?.signal).toBe("KILL");
  });

  test("kill() waits for no time that is left, whatever the phase", async () => {
    const finishing = Promise.withResolvers<void>();
    const { program, states } = await running(DEAF, {
      stopwaitsecs: 1000,
      beforeStop: () => finishing.promise,
    });
    const stopped = program.stop();
    program.kill();
    program.kill();
    await stopped;
    finishing.resolve();
    await Bun.sleep(0);
    expect(states).toEqual(["FINISHING", "KILLING", "CLEARING", "STOPPED"]);
  });

  test("kill() means nothing to a program that is not being stopped", async () => {
    const { program, states } = await running("UP; exec sleep 1000");
    program.kill();
    expect([program.state, states]).toEqual(["RUNNING", []]);
    await program.stop();
    program.kill();
    expect(program.state).toBe("STOPPED");
  });

  test("beforeStop ends before the signal is sent, and its failure does not keep it", async () => {
    const { program, states } = await running("UP; exec sleep 1000", {
      async beforeStop() {
        expect([program.pid === null, states]).toEqual([false, ["FINISHING"]]);
        throw new Error("nothing to flush");
      },
    });
    await program.stop();
    expect(states).toEqual(["FINISHING", "TERMINATING", "CLEARING", "STOPPED"]);
  });

  test("beforeStop is aborted when its part of the time is over, and not waited for", async () => {
    let aborted = false;
    const { program } = await running("UP; exec sleep 1000", {
      stopwaitsecs: 1,
      beforeStop(signal) {
        signal.addEventListener("abort", () => (aborted = true));
        return new Promise(() => undefined);
      },
    });
    await program.stop();
    expect([aborted, program.state]).toEqual([true, "STOPPED"]);
  });

  test("a process that ends while it finishes is sent nothing any more", async () => {
    const { program, states } = await running("UP; exec sleep 1000", {
      beforeStop: () => new Promise(() => undefined),
      stopwaitsecs: 1000,
    });
    const stopped = program.stop();
    program.signal("HUP");
    await stopped;
    expect(states).toEqual(["FINISHING", "CLEARING", "STOPPED"]);
    expect(program.exit?.signal).toBe("HUP");
  });

  test("a start during a stop comes after it", async () => {
    const { program, states } = await running("UP; exec sleep 1000");
    const stopped = program.stop();
    await program.start();
    await stopped;
    expect(states.slice(-3)).toEqual(["STOPPED", "STARTING", "RUNNING"]);
    await program.stop();
  });
});

describe("what a process has started", () => {
  test("control-group: descendants in sessions of their own end, too", async () => {
    const { program, background } = await running("setsid sleep 1000 & UP; wait");
    await program.stop();
    expect(isGone(background)).toBeTrue();
  });

  test("control-group: deaf ones are killed", async () => {
    const deaf = "setsid bash -c 'trap \"\" TERM; while :; do sleep 0.02; done' & UP; wait";
    const { program, background } = await running(deaf);
    await program.stop();
    expect(isGone(background)).toBeTrue();
  });

  test("process: descendants live on", async () => {
    const { program, background } = await running("setsid sleep 1000 & UP; wait", { killMode: "process" });
    await program.stop();
    expect(isGone(background)).toBeFalse();
    process.kill(background, "SIGKILL");
  });
});

test("a process that not even SIGKILL ends is HUNG: callers go on, and a start happens when it has ended", async () => {
  const startable: Program[] = [];
  const states: State[] = [];
  const program = loneProgram(specOf("p"), {
    onChange: (changed) => states.push(changed.innerState),
    onStartable: (changed) => startable.push(changed),
    hangSeconds: 0.05,
  });
  await program.start();
  const pid = program.pid!;
  // Uninterruptible sleep cannot be had here: a tracer keeps the dead one from being waited for.
  const tracer = await trace(pid, "seize");
  await program.stop(0);
  expect([program.state, program.innerState, states.at(-1)]).toEqual(["STOPPING", "HUNG", "HUNG"]);
  expect(program.reason).toBe(`process ${pid} is still there 0.05 s after KILL`);
  await program.start();
  expect([program.state, startable]).toEqual(["STOPPING", []]);
  tracer.kill("SIGKILL");
  while (program.innerState !== "STOPPED") await Bun.sleep(5);
  expect([startable, program.reason]).toEqual([[program], null]);
}, 30_000);
