import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeExit, OutOfMemory } from "../../src/supervisor/exit-reason.ts";
import { freeProcesses, memoryLimit, oomKills } from "../../src/sys/cgroup.ts";

const KILLED = { code: null, signal: "KILL" };

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cgroup-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const versions = {
  "version 2": (kills: number, limit: string) => {
    writeFileSync(
      join(root, "memory.events"),
      `low 0\nhigh 0\nmax 9\noom 7\noom_kill ${kills}\noom_group_kill 0\n`,
    );
    writeFileSync(join(root, "memory.max"), `${limit === "none" ? "max" : limit}\n`);
  },
  "version 1": (kills: number, limit: string) => {
    mkdirSync(join(root, "memory"), { recursive: true });
    writeFileSync(
      join(root, "memory/memory.oom_control"),
      `oom_kill_disable 0\nunder_oom 0\noom_kill ${kills}\n`,
    );
    writeFileSync(
      join(root, "memory/memory.limit_in_bytes"),
      `${limit === "none" ? "9223372036854771712" : limit}\n`,
    );
  },
};

describe.each(Object.entries(versions))("control groups %s", (_, write) => {
  test("counts kills and knows the limit", () => {
    write(3, "67108864");
    expect([oomKills(root), memoryLimit(root)]).toEqual([3, 67_108_864]);
    write(3, "none");
    expect(memoryLimit(root)).toBeUndefined();
  });

  test("every kill explains the end of one program", () => {
    write(3, "67108864");
    const memory = new OutOfMemory(root);
    expect(memory.account(KILLED)).toBeUndefined();
    write(5, "67108864");
    expect([memory.account(KILLED), memory.account(KILLED), memory.account(KILLED)]).toEqual([
      "out of memory, the limit being 64 MiB",
      "out of memory, the limit being 64 MiB",
      undefined,
    ]);
  });

  test("a kill that hit no program explains nothing later", () => {
    write(0, "none");
    const memory = new OutOfMemory(root);
    write(1, "none");
    memory.forget();
    expect(memory.account(KILLED)).toBeUndefined();
    write(2, "none");
    expect(memory.account(KILLED)).toBe("out of memory");
  });
});

test.each([
  ["version 2", ""],
  ["version 1", "pids"],
])("%s says how many processes may be started", (_, folder) => {
  mkdirSync(join(root, folder), { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(root, folder, `pids.${name}`), text);
  expect(freeProcesses(root)).toBeUndefined();
  write("current", "47\n");
  write("max", "48\n");
  expect(freeProcesses(root)).toBe(1);
  write("max", "max\n");
  expect(freeProcesses(root)).toBeUndefined();
});

test("without a control group nothing is said", () => {
  expect([oomKills(root), memoryLimit(root), new OutOfMemory(root).account(KILLED)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("the end of a program by anything else takes no kill into account", () => {
  versions["version 2"](0, "none");
  const memory = new OutOfMemory(root);
  versions["version 2"](1, "none");
  expect(memory.account({ code: null, signal: "TERM" })).toBeUndefined();
  expect(memory.account(KILLED)).toBeUndefined();
});

test.each([
  [{ code: 3, signal: null }, undefined, "exit code 3"],
  [{ code: null, signal: "TERM" }, undefined, "killed by SIGTERM"],
  [KILLED, undefined, "killed by SIGKILL"],
  [KILLED, "out of memory", "killed by SIGKILL: out of memory"],
])("describeExit() of %j with %p, any number of times", (exit, memory, expected) => {
  expect([describeExit(exit, memory), describeExit(exit, memory)]).toEqual([expected, expected]);
});
