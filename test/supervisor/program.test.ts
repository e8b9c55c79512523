import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Explanation, Observed } from "../../src/programs/spec.ts";
import { OutOfMemory } from "../../src/supervisor/exit-reason.ts";
import type { State } from "../../src/supervisor/machine.ts";
import type { Program } from "../../src/supervisor/program.ts";
import { startReaper } from "../../src/supervisor/reaper.ts";
import { loneProgram, type ProgramOptions, specOf } from "./spec-fixture.ts";

afterAll(startReaper());

const programs: Program[] = [];
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.stop(0)));
});

/** A program, every state that it enters, and a way to wait for one. */
function watched(more: Parameters<typeof specOf>[1] = {}, options: ProgramOptions = {}) {
  const states: State[] = [];
  const waiting = new Set<() => void>();
  const program = loneProgram(specOf("p", more), {
    ...options,
    onChange(changed) {
      if (states.at(-1) !== changed.innerState) states.push(changed.innerState);
      for (const look of waiting) look();
    },
  });
  programs.push(program);
  const until = (condition: () => boolean) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (!condition()) return;
      waiting.delete(look);
      resolve();
    };
    waiting.add(look);
    look();
    return promise;
  };
  return { program, states, until, reaches: (state: State) => until(() => states.includes(state)) };
}

const shell = (script: string) => ({ command: ["/bin/sh", "-c", script] });

describe("the way of a process", () => {
  test("up, and down by request: each phase is a state, and the last one is STOPPED", async () => {
    const { program, states } = watched();
    await program.start();
    expect([program.state, program.ready, program.pid === null]).toEqual(["RUNNING", true, false]);
    await program.stop();
    expect(states).toEqual(["STARTING", "RUNNING", "FINISHING", "TERMINATING", "CLEARING", "STOPPED"]);
    expect([program.exit, program.pid, program.stoppedByRequest]).toEqual([
      { code: null, signal: "TERM" },
      null,
      true,
    ]);
  });

  test("an end is shown as EXITED from its first moment, with no process, until it is explained", async () => {
    const explained = Promise.withResolvers<Explanation>();
    const { program, states, until } = watched({
      ...shell("exit 5"),
      autorestart: true,
      observe: () => ({ explain: () => explained.promise }),
    });
    await program.start();
    await until(() => program.pid === null);
    expect([program.innerState, program.state, program.exit?.code]).toEqual(["ENDED", "EXITED", 5]);
    expect([program.isDown, program.isStarting, program.ready]).toEqual([false, true, false]);
    explained.resolve({ reason: "gone for good", fatal: true });
    await until(() => program.state === "FATAL");
    expect(program.reason).toBe("gone for good");
    expect(states).toEqual(["STARTING", "RUNNING", "ENDED", "FATAL"]);
  });

  test("a start during the explanation waits for it, and starts what would stay down", async () => {
    const explained = Promise.withResolvers<undefined>();
    const marker = join(mkdtempSync(join(tmpdir(), "second-")), "marker");
    const { program, states, reaches } = watched({
      ...shell(`[ -e ${marker} ] && exec sleep 1000; touch ${marker}`),
      observe: () => ({ explain: () => explained.promise }),
    });
    await program.start();
    await reaches("ENDED");
    const again = program.start();
    explained.resolve(undefined);
    await again;
    expect(states).toEqual(["STARTING", "RUNNING", "ENDED", "EXITED", "STARTING", "RUNNING"]);
  });

  test("a stop during the explanation is the last word", async () => {
    const explained = Promise.withResolvers<Explanation>();
    const { program, states, reaches } = watched({
      ...shell("exit 0"),
      autorestart: true,
      observe: () => ({ explain: () => explained.promise }),
    });
    await program.start();
    await reaches("ENDED");
    await program.stop();
    explained.resolve({ reason: "too late" });
    await Bun.sleep(0);
    expect(states.slice(-2)).toEqual(["CLEARING", "STOPPED"]);
    expect([program.state, program.reason]).toEqual(["STOPPED", null]);
  });

  test("an observer that throws costs its explanation, not the program", async () => {
    const { program, until } = watched({
      ...shell("exit 3"),
      autorestart: false,
      observe: () => ({
        explain() {
          throw new Error("no idea");
        },
      }),
    });
    await program.start();
    await until(() => program.innerState === "EXITED");
    expect(program.reason).toBe("exit code 3");
  });

  test("too short a life is BACKOFF with the reason, then FATAL", async () => {
    const { program, reaches } = watched({ ...shell("exit 3"), startsecs: 100, startretries: 0 });
    await program.start();
    await reaches("FATAL");
    expect(program.reason).toBe("Exited too quickly (exit code 3)");
  });

  test("a command that is not there is BACKOFF, and a stop ends the attempts", async () => {
    const { program, states } = watched({ command: ["/no/such/command"] });
    await program.start();
    expect([program.state, program.reason]).toEqual(["BACKOFF", "can't find command '/no/such/command'"]);
    await program.stop();
    expect(states).toEqual(["STARTING", "BACKOFF", "CLEARING", "STOPPED"]);
  });

  test("a crash after it was up is restarted, and counted", async () => {
    const { program, until } = watched({ autorestart: true });
    await program.start();
    const first = program.pid;
    program.signal("KILL");
    await until(() => program.pid !== null && program.pid !== first);
    expect([program.restarts, program.state, program.exit]).toEqual([1, "RUNNING", null]);
  });
});

describe("requests", () => {
  test("of a start and a stop the last one counts, also while it is prepared", async () => {
    const prepared = Promise.withResolvers<undefined>();
    const { program } = watched({ prepare: () => prepared.promise });
    const started = program.start();
    await program.stop();
    prepared.resolve(undefined);
    await started;
    expect([program.state, program.pid]).toEqual(["STOPPED", null]);
  });

  test("a stop and a start while it is prepared: it starts once", async () => {
    const prepared = Promise.withResolvers<undefined>();
    const { program, states } = watched({ prepare: () => prepared.promise });
    const first = program.start();
    await program.stop();
    const second = program.start();
    prepared.resolve(undefined);
    await Promise.all([first, second]);
    expect(states).toEqual(["STARTING", "RUNNING"]);
  });

  test("a refusal leaves it STOPPED with the reason, and is taken back by a start that succeeds", async () => {
    let refusal: string | undefined = "no device";
    const { program } = watched({ prepare: async () => refusal });
    await program.start();
    expect([program.state, program.reason, program.refused]).toEqual(["STOPPED", "no device", true]);
    refusal = undefined;
    await program.start();
    expect([program.state, program.reason, program.refused]).toEqual(["RUNNING", null, false]);
  });

  test("a ticket is revoked by a request to stop, and only by that", async () => {
    const { program } = watched();
    const { ticket } = program;
    await program.start();
    expect(ticket.revoked).toBeFalse();
    program.requestStop();
    expect([ticket.revoked, program.ticket.revoked]).toEqual([true, false]);
  });

  test("what is retired never starts; what is up cannot be retired", async () => {
    const { program } = watched();
    await program.start();
    expect(program.retire()).toBeFalse();
    await program.stop();
    expect(program.retire()).toBeTrue();
    await program.start();
    expect(program.pid).toBeNull();
  });

  test("waitFor() and fail() say why it is down, and nothing while it is up", async () => {
    const { program } = watched();
    program.waitFor("waiting for db");
    expect(program.reason).toBe("waiting for db");
    program.waitFor(null);
    program.fail("no tunnel");
    expect(program.reason).toBe("no tunnel");
    await program.start();
    program.fail("late");
    expect(program.reason).toBeNull();
  });

  test("a stop of what has ended by itself ends what that has left, and keeps its state", async () => {
    const pidFile = join(mkdtempSync(join(tmpdir(), "left-")), "pid");
    const { program, reaches } = watched({
      ...shell(
        `setsid sh -c 'echo $$ >${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 1000' & until [ -e ${pidFile} ]; do sleep 0.01; done`,
      ),
      autorestart: false,
    });
    await program.start();
    await reaches("EXITED");
    const left = Number(await Bun.file(pidFile).text());
    expect(process.kill(left, 0)).toBeTrue();
    await program.stop();
    expect(() => process.kill(left, 0)).toThrow();
    expect(program.state).toBe("EXITED");
  });
});

test("what an observer tells counts while the process runs, and the facts of its spec always", async () => {
  let observed: Observed | undefined;
  const { program, reaches } = watched({
    ready: { kind: "observed" },
    startsecs: 1000,
    autorestart: false,
    facts: { port: 8080 },
    observe(given) {
      observed = given;
      return {};
    },
  });
  expect(program.facts).toEqual({ port: 8080 });
  await program.start();
  observed?.note("connecting");
  observed?.fact("url", "https://x");
  expect([program.state, program.ready, program.note]).toEqual(["STARTING", false, "connecting"]);
  observed?.ready(true);
  expect([program.state, program.ready]).toEqual(["RUNNING", true]);
  expect(program.facts).toEqual({ port: 8080, url: "https://x" });
  program.signal("TERM");
  await reaches("EXITED");
  observed?.note("says a dead one");
  expect([program.note, program.facts, program.ready]).toEqual([null, { port: 8080 }, false]);
});

test("the OOM killer is blamed for the process it has killed, however long an explanation takes", async () => {
  const root = mkdtempSync(join(tmpdir(), "cgroup-"));
  const kills = (count: number) => writeFileSync(join(root, "memory.events"), `oom_kill ${count}\n`);
  kills(0);
  const memory = new OutOfMemory(root);
  const explained = Promise.withResolvers<undefined>();
  const slow = watched(
    { autorestart: false, observe: () => ({ explain: () => explained.promise }) },
    { memory },
  );
  const other = watched({ autorestart: false }, { memory });
  await Promise.all([slow.program.start(), other.program.start()]);
  kills(1);
  process.kill(slow.program.pid!, "SIGKILL");
  await slow.reaches("ENDED");
  process.kill(other.program.pid!, "SIGKILL");
  await other.reaches("EXITED");
  explained.resolve(undefined);
  await slow.reaches("EXITED");
  expect([slow.program.reason, other.program.reason]).toEqual([
    "killed by SIGKILL: out of memory",
    "killed by SIGKILL",
  ]);
});

test("standard input reaches the process; without one nobody takes it", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "stdin-")), "line");
  const { program, reaches } = watched({ ...shell(`read line; echo "$line" >${file}`), autorestart: false });
  expect(await program.writeStdin(Buffer.from("x\n"))).toBeFalse();
  await program.start();
  expect(await program.writeStdin(Buffer.from("hello\n"))).toBeTrue();
  await reaches("EXITED");
  expect(await Bun.file(file).text()).toBe("hello\n");
});
